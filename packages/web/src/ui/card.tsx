import type { ReactNode } from 'react';
import styles from './card.module.css';

/** A part of a page with a heading of its own. */
export function Card({
  title,
  description,
  actions,
  children,
}: {
  readonly title?: string;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <section className={styles.card}>
      {(title !== undefined || actions !== undefined) && (
        <header className={styles.head}>
          <div>
            {title !== undefined && <h2>{title}</h2>}
            {description !== undefined && <div className={styles.description}>{description}</div>}
          </div>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}
