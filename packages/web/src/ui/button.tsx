import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from './class-names.ts';
import styles from './button.module.css';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: ButtonKind;
  readonly size?: 'normal' | 'small';
  /** Something is under way: the button stays where it is, says so and does nothing. */
  readonly busy?: boolean;
  readonly icon?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** The look of a button, for links that stand where buttons do. */
export function buttonClass(kind: ButtonKind = 'secondary', size: 'normal' | 'small' = 'normal'): string {
  return classNames(styles.button, styles[kind], size === 'small' && styles.small);
}

export function Button({ kind, size, busy = false, icon, className, children, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={busy || undefined}
      className={classNames(buttonClass(kind, size), busy && styles.busy, className)}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <span className={styles.wheel} aria-hidden="true" /> : icon}
      {children}
    </button>
  );
}

/** A button that shows only a picture; `label` says what it does. */
export function IconButton({
  label,
  children,
  ...rest
}: Omit<ButtonProps, 'icon' | 'aria-label'> & { readonly label: string }) {
  return (
    <Button kind="quiet" {...rest} aria-label={label} title={label} className={classNames(styles.icon, rest.className)}>
      {children}
    </Button>
  );
}
