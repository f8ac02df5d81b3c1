import type { ReactNode } from 'react';
import styles from './badge.module.css';

export type Tone = 'neutral' | 'good' | 'warn' | 'bad';

export function Badge({ tone = 'neutral', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return <span className={`${styles['badge'] ?? ''} ${styles[tone] ?? ''}`}>{children}</span>;
}

/** How full something is. */
export function Meter({
  label,
  value,
  max,
  text,
}: {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly text: string;
}) {
  const share = max === 0 ? 1 : Math.min(1, value / max);
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'good';
  return (
    <div className={styles['meter']}>
      <div className={styles['caption']}>
        <span>{label}</span>
        <span>{text}</span>
      </div>
      <progress className={styles[tone]} value={share} max={1} aria-label={`${label}: ${text}`} />
    </div>
  );
}
