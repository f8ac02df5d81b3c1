import { X } from 'lucide-react';
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { defineTexts, useTexts } from '../i18n/language.tsx';
import styles from './dialog.module.css';

const texts = defineTexts({ close: 'Close' }, { close: 'Schließen' });

export interface DialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children: ReactNode;
  readonly size?: 'normal' | 'wide';
  /** What must not be lost by Escape, such as a secret that is shown once: only a button in it closes it. */
  readonly stays?: boolean;
}

/** The browser's own modal dialog: it keeps the focus, closes by Escape and gives the focus back. */
export function Modal({
  onClose,
  className,
  labelledBy,
  label,
  children,
}: {
  readonly onClose: () => void;
  readonly className: string | undefined;
  readonly labelledBy?: string;
  readonly label?: string;
  readonly children: ReactNode;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={className}
      aria-labelledby={labelledBy}
      aria-label={label}
      // A second Escape closes a dialog that has refused the first: the key is taken before the browser does so.
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onClose();
      }}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {children}
    </dialog>
  );
}

export function Dialog({ isOpen, onClose, title, description, children, size = 'normal', stays = false }: DialogProps) {
  const text = useTexts(texts);
  const id = useId();
  if (!isOpen) return null;
  return (
    <Modal
      onClose={() => {
        if (!stays) onClose();
      }}
      labelledBy={id}
      className={`${styles['dialog'] ?? ''} ${size === 'wide' ? (styles['wide'] ?? '') : ''}`}
    >
      <div className={styles['content']}>
        <header className={styles['header']}>
          <h2 id={id}>{title}</h2>
          {stays ? null : (
            <button type="button" className={styles['close']} aria-label={text.close} onClick={onClose}>
              <X aria-hidden="true" />
            </button>
          )}
        </header>
        {description === undefined ? null : <div className={styles['description']}>{description}</div>}
        {children}
      </div>
    </Modal>
  );
}

/** Buttons at the end of a dialog. */
export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className={styles['actions']}>{children}</div>;
}
