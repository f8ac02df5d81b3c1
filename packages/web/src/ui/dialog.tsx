import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
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
}

export function Dialog({ isOpen, onClose, title, description, children, size = 'normal' }: DialogProps) {
  const text = useTexts(texts);
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles['overlay']} />
        <Radix.Content
          className={`${styles['content'] ?? ''} ${size === 'wide' ? (styles['wide'] ?? '') : ''}`}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <header className={styles['header']}>
            <Radix.Title asChild>
              <h2>{title}</h2>
            </Radix.Title>
            <Radix.Close className={styles['close']} aria-label={text.close}>
              <X aria-hidden="true" />
            </Radix.Close>
          </header>
          {description === undefined ? null : (
            <Radix.Description asChild>
              <div className={styles['description']}>{description}</div>
            </Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Buttons at the end of a dialog. */
export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className={styles['actions']}>{children}</div>;
}
