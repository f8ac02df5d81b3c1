import type { ReactNode } from 'react';
import styles from './states.module.css';

/** Where nothing is yet: what would be here, and how it gets here. */
export function EmptyState({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className={styles['state']}>
      <h2>{title}</h2>
      {children === undefined ? null : <div className={styles['body']}>{children}</div>}
      {action}
    </div>
  );
}

/** Lines in the place of what is being loaded. */
export function Skeleton({ lines = 3, label }: { readonly lines?: number; readonly label: string }) {
  return (
    <div className={styles['skeleton']} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} aria-hidden="true" />
      ))}
    </div>
  );
}
