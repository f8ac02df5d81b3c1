import { useMutation } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { commonTexts } from '../../i18n/common-texts.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { securityTexts } from './security-texts.ts';

/** Asks for the password before something that a stolen session must not do. */
export function PasswordDialog({
  title,
  description,
  submitLabel,
  isDangerous = false,
  onSubmit,
  onClose,
}: {
  readonly title: string;
  readonly description?: ReactNode;
  readonly submitLabel: string;
  readonly isDangerous?: boolean;
  /** What fails is shown in the dialog. */
  readonly onSubmit: (password: string) => Promise<unknown>;
  readonly onClose: () => void;
}) {
  const texts = useTexts(securityTexts);
  const common = useTexts(commonTexts);
  const formId = useId();
  const [password, setPassword] = useState('');
  const submit = useMutation({ mutationFn: () => onSubmit(password) });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={title}
      {...(description === undefined ? {} : { description })}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind={isDangerous ? 'danger' : 'primary'} type="submit" form={formId} busy={submit.isPending}>
            {submitLabel}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        onSubmit={(event) => {
          event.preventDefault();
          if (!submit.isPending) submit.mutate();
        }}
      >
        <TextField
          label={texts.currentPassword}
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
      </form>
      {submit.error !== null && <ErrorNote error={submit.error} />}
    </Dialog>
  );
}
