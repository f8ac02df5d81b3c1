import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

/** Where nothing is yet: what would be here, what it is good for, and how to begin. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      {icon !== undefined && (
        <span className={styles.plate} aria-hidden="true">
          {icon}
        </span>
      )}
      <div className={styles.words}>
        <h2>{title}</h2>
        <div className={styles.teaching}>{children}</div>
        {action}
      </div>
    </div>
  );
}
