import { X } from 'lucide-react';
import { Toast as Primitive } from 'radix-ui';
import { commonTexts } from '../i18n/common-texts.ts';
import { useTexts } from '../i18n/texts.ts';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { dismissToast, useToasts } from './toast-store.ts';
import styles from './toaster.module.css';

/** Shows what `notify` says. Once in the application. */
export function Toaster() {
  const toasts = useToasts();
  const texts = useTexts(commonTexts);
  return (
    <Primitive.Provider duration={6_000} swipeDirection="right">
      {toasts.map(({ id, kind, title }) => (
        <Primitive.Root
          key={id}
          className={classNames(styles.toast, kind === 'bad' && styles.bad)}
          onOpenChange={(open) => {
            if (!open) dismissToast(id);
          }}
        >
          <Primitive.Title className={styles.title}>{title}</Primitive.Title>
          <Primitive.Close asChild>
            <IconButton label={texts.close} size="small">
              <X />
            </IconButton>
          </Primitive.Close>
        </Primitive.Root>
      ))}
      <Primitive.Viewport className={styles.viewport} />
    </Primitive.Provider>
  );
}
