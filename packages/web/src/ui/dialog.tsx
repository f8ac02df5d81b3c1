import { X } from 'lucide-react';
import { Dialog as Primitive } from 'radix-ui';
import type { ReactNode } from 'react';
import { commonTexts } from '../i18n/common-texts.ts';
import { useTexts } from '../i18n/texts.ts';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import styles from './dialog.module.css';

export interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly size?: 'normal' | 'wide';
  /** What must not be lost by a click beside it, such as a secret that is shown once. */
  readonly stays?: boolean;
  /** Buttons at the foot, the one that goes on last. */
  readonly footer?: ReactNode;
  readonly children?: ReactNode;
}

/**
 * A dialog over the page; on a phone it comes from below. The veil is ours, not the library's: that one writes a style
 * element, which the pages' policy forbids.
 */
export function Dialog({ open, onOpenChange, title, description, size, stays = false, footer, children }: DialogProps) {
  const texts = useTexts(commonTexts);
  const keep = (event: Event) => {
    if (stays) event.preventDefault();
  };
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <div className={styles.veil} data-veil="">
          <Primitive.Content
            className={classNames(styles.dialog, size === 'wide' && styles.wide)}
            onPointerDownOutside={keep}
            onInteractOutside={keep}
            onEscapeKeyDown={keep}
            {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          >
            <header className={styles.head}>
              <Primitive.Title className={styles.title}>{title}</Primitive.Title>
              {!stays && (
                <Primitive.Close asChild>
                  <IconButton label={texts.close}>
                    <X />
                  </IconButton>
                </Primitive.Close>
              )}
            </header>
            {description !== undefined && (
              <Primitive.Description asChild>
                <div className={styles.description}>{description}</div>
              </Primitive.Description>
            )}
            {children !== undefined && <div className={styles.body}>{children}</div>}
            {footer !== undefined && <footer className={styles.foot}>{footer}</footer>}
          </Primitive.Content>
        </div>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
