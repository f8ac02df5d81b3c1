import type { ButtonHTMLAttributes, ReactNode } from 'react';
import styles from './button.module.css';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger' | 'link';
  readonly size?: 'normal' | 'small';
  /** Its work is going on: it says so and cannot be pressed again. */
  readonly isBusy?: boolean;
  readonly icon?: ReactNode;
}

export function Button({ kind = 'plain', size = 'normal', isBusy = false, icon, children, ...props }: ButtonProps) {
  const { className, disabled, type, ...rest } = props;
  const names = [styles['button'], styles[kind], styles[size], className].filter((name) => name !== undefined);
  return (
    <button
      {...rest}
      type={type ?? 'button'}
      className={names.join(' ')}
      disabled={disabled === true || isBusy}
      aria-busy={isBusy}
    >
      {isBusy ? <span className={styles['spinner']} aria-hidden="true" /> : icon}
      {children}
    </button>
  );
}
