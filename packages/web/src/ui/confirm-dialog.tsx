import { useState, type ReactNode } from 'react';
import { useMutation } from '@tanstack/react-query';
import { commonTexts } from '../i18n/common-texts.ts';
import { useTexts } from '../i18n/texts.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorNote } from './error-state.tsx';
import { TextField } from './field.tsx';

export interface ConfirmDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  /** What will happen, and what will not. */
  readonly description: ReactNode;
  /** A verb: what the button does. */
  readonly confirmLabel: string;
  readonly isDangerous?: boolean;
  /** What must be typed first, for what cannot be undone. */
  readonly typed?: { readonly label: string; readonly value: string };
  /** The dialog closes when it is done; what fails is shown in it. */
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onOpenChange, title, description, confirmLabel, isDangerous = true, typed, onConfirm } = props;
  const texts = useTexts(commonTexts);
  const [text, setText] = useState('');
  const confirm = useMutation({ mutationFn: onConfirm, onSuccess: () => change(false) });
  function change(next: boolean) {
    if (!next) {
      setText('');
      confirm.reset();
    }
    onOpenChange(next);
  }
  const isReady = typed === undefined || text.trim() === typed.value;
  return (
    <Dialog
      open={open}
      onOpenChange={change}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={() => change(false)}>{texts.cancel}</Button>
          <Button
            kind={isDangerous ? 'danger' : 'primary'}
            busy={confirm.isPending}
            disabled={!isReady}
            onClick={() => confirm.mutate()}
          >
            {confirmLabel}
          </Button>
        </>
      }
    >
      {typed !== undefined && (
        <TextField
          label={typed.label}
          value={text}
          autoComplete="off"
          onChange={({ target }) => setText(target.value)}
        />
      )}
      {confirm.error !== null && <ErrorNote error={confirm.error} />}
    </Dialog>
  );
}
