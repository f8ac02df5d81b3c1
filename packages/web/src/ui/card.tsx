import type { ReactNode } from 'react';
import styles from './card.module.css';

export function Card({
  title,
  action,
  children,
}: {
  readonly title?: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className={styles['card']}>
      {title === undefined ? null : (
        <header className={styles['header']}>
          <h2>{title}</h2>
          {action}
        </header>
      )}
      {children}
    </section>
  );
}

/** The title of a page, a line on what it is for, and what can be done there. */
export function PageHeader({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <header className={styles['page']}>
      <div>
        <h1>{title}</h1>
        {children === undefined ? null : <p>{children}</p>}
      </div>
      {action === undefined ? null : <div className={styles['actions']}>{action}</div>}
    </header>
  );
}

/** A number that matters, with its name. */
export function Figure({
  label,
  value,
  note,
}: {
  readonly label: string;
  readonly value: string;
  readonly note?: ReactNode;
}) {
  return (
    <div className={styles['figure']}>
      <dt>{label}</dt>
      <dd>{value}</dd>
      {note === undefined ? null : <dd className={styles['note']}>{note}</dd>}
    </div>
  );
}

export function Figures({ children }: { readonly children: ReactNode }) {
  return <dl className={styles['figures']}>{children}</dl>;
}
