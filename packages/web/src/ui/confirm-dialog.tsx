import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { defineTexts, useTexts } from '../i18n/language.tsx';
import { Button } from './button.tsx';
import { Dialog, DialogActions } from './dialog.tsx';
import { ErrorNote } from './error-state.tsx';

const texts = defineTexts({ cancel: 'Cancel' }, { cancel: 'Abbrechen' });

/** Asks before something is done that cannot be undone. Closes when it is done; tells why when it could not be. */
export function ConfirmDialog({
  isOpen,
  onClose,
  title,
  children,
  confirm,
  kind = 'danger',
  onConfirm,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
  /** What the button says: the deed, not "OK". */
  readonly confirm: string;
  /** Of the button. */
  readonly kind?: 'danger' | 'primary';
  readonly onConfirm: () => Promise<unknown>;
}) {
  const text = useTexts(texts);
  const deed = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={title} description={children}>
      {deed.error === null ? null : <ErrorNote error={deed.error} />}
      <DialogActions>
        <Button onClick={onClose}>{text.cancel}</Button>
        <Button kind={kind} isBusy={deed.isPending} onClick={() => deed.mutate()}>
          {confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
