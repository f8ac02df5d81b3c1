import type { ReactNode } from 'react';
import styles from './facts.module.css';

export interface Fact {
  readonly id: string;
  readonly title: string;
  readonly value: ReactNode;
}

/** Names and what they have, line by line. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className={styles['facts']}>
      {facts.map(({ id, title, value }) => (
        <div key={id}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
