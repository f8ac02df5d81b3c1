import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { authRequest } from '../../api/auth-request.ts';
import { commonTexts } from '../../i18n/common-texts.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { QrCode } from './qr-code.tsx';
import { securityTexts } from './security-texts.ts';

/** The secret for the app, and the first code of it: only then is the second step on. */
export function ScanDialog({
  uri,
  onDone,
  onClose,
}: {
  readonly uri: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { totp: texts } = useTexts(securityTexts);
  const common = useTexts(commonTexts);
  const formId = useId();
  const [code, setCode] = useState('');
  const verify = useMutation({
    mutationFn: () => authRequest('/two-factor/verify-totp', { code: code.replaceAll(/\s/g, '') }),
    onSuccess: onDone,
  });
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  return (
    <Dialog
      open
      stays
      onOpenChange={onClose}
      title={texts.scanTitle}
      description={texts.scan}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind="primary" type="submit" form={formId} busy={verify.isPending}>
            {texts.confirm}
          </Button>
        </>
      }
    >
      <QrCode text={uri} label={texts.qr} />
      <CodeBlock label={texts.typed} code={secret} wraps />
      <form
        id={formId}
        onSubmit={(event) => {
          event.preventDefault();
          if (!verify.isPending) verify.mutate();
        }}
      >
        <TextField
          label={texts.code}
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          value={code}
          onChange={({ target }) => setCode(target.value)}
        />
      </form>
      {verify.error !== null && <ErrorNote error={verify.error} />}
    </Dialog>
  );
}

/** Codes for a lost phone, shown once. */
export function BackupCodesDialog({
  codes,
  onClose,
}: {
  readonly codes: readonly string[];
  readonly onClose: () => void;
}) {
  const { totp: texts } = useTexts(securityTexts);
  return (
    <Dialog
      open
      stays
      onOpenChange={onClose}
      title={texts.codesTitle}
      description={texts.codes}
      footer={
        <Button kind="primary" onClick={onClose}>
          {texts.kept}
        </Button>
      }
    >
      <CodeBlock label={texts.backupLabel} code={codes.join('\n')} />
    </Dialog>
  );
}
