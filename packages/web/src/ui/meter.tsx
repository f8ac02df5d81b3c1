import { useFormats } from '../i18n/formats.ts';
import { classNames } from './class-names.ts';
import styles from './meter.module.css';

/** How much of a limit is used: a road that fills. */
export function Meter({
  label,
  value,
  limit,
  note,
}: {
  readonly label: string;
  readonly value: number;
  /** undefined: there is no limit. */
  readonly limit: number | undefined;
  readonly note?: string;
}) {
  const formats = useFormats();
  const share = limit === undefined || limit === 0 ? 0 : Math.min(1, value / limit);
  const state = share >= 1 ? styles.full : share >= 0.8 && styles.near;
  const words =
    limit === undefined
      ? formats.compact(value)
      : `${formats.compact(value)} / ${formats.compact(limit)} · ${formats.percent(share)}`;
  return (
    <div className={styles.meter}>
      <div className={styles.words}>
        <span>{label}</span>
        <span className={styles.value}>{words}</span>
      </div>
      {limit !== undefined && (
        <div
          role="meter"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={limit}
          aria-valuenow={Math.min(value, limit)}
          aria-valuetext={words}
          className={styles.road}
        >
          <span className={classNames(styles.fill, state)} style={{ width: `${share * 100}%` }} />
        </div>
      )}
      {note !== undefined && <p className={styles.note}>{note}</p>}
    </div>
  );
}
