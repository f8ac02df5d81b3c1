import styles from './distance-sign.module.css';

export interface Distance {
  readonly label: string;
  readonly value: string;
  readonly note?: string | undefined;
}

/** The figures of the day as a sign over the road has its distances. */
export function DistanceSign({
  caption,
  distances,
}: {
  readonly caption: string;
  readonly distances: readonly Distance[];
}) {
  return (
    <section className={styles['sign']} aria-label={caption}>
      <dl className={styles['list']}>
        {distances.map(({ label, value, note }) => (
          <div key={label} className={styles['row']}>
            <dt>{label}</dt>
            <span className={styles['leader']} aria-hidden="true" />
            <dd>
              {value}
              {note !== undefined && <span className={styles['note']}>{note}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
