import { useFormats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { classNames } from '../../ui/class-names.ts';
import { homeTexts } from './home-texts.ts';
import styles from './hour-bars.module.css';

function hourName(index: number): string {
  return `${String(index).padStart(2, '0')}:00`;
}

/** The requests of a day, a bar an hour. */
export function HourBars({ hours, current }: { readonly hours: readonly number[]; readonly current: number }) {
  const { hours: texts } = useTexts(homeTexts);
  const formats = useFormats();
  const most = Math.max(...hours);
  const at = hours.indexOf(most);
  const summary = most === 0 ? texts.none : texts.summary(formats.number(most), hourName(at));
  return (
    <figure className={styles.figure}>
      <div className={styles.bars} role="img" aria-label={`${texts.title}. ${summary}`}>
        {hours.map((count, index) => (
          <span
            key={index}
            title={texts.bar(hourName(index), formats.number(count))}
            className={classNames(styles.bar, index === current && styles.now, index > current && styles.later)}
            style={{ height: most === 0 || count === 0 ? '2px' : `${Math.max(4, (count / most) * 100)}%` }}
          />
        ))}
      </div>
      <div className={styles.scale} aria-hidden="true">
        {[0, 6, 12, 18].map((hour) => (
          <span key={hour}>{hourName(hour)}</span>
        ))}
      </div>
      <figcaption>{summary}</figcaption>
    </figure>
  );
}
