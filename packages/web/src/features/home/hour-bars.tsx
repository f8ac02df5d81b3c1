import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { texts } from './texts.ts';
import styles from './hour-bars.module.css';

function hourName(index: number): string {
  return `${String(index).padStart(2, '0')}:00`;
}

function heightOf(count: number, most: number): string {
  return count === 0 ? '2px' : `${Math.max(4, (count / most) * 100)}%`;
}

/** The requests of a day, a bar an hour. @param current the hour that runs */
export function HourBars({ hours, current }: { readonly hours: readonly number[]; readonly current: number }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const most = Math.max(...hours);
  const summary = most === 0 ? text.noHours : text.most(formats.count(most), hourName(hours.indexOf(most)));
  return (
    <figure className={styles['figure']}>
      <div className={styles['bars']} role="img" aria-label={`${text.hours}. ${summary}`}>
        {hours.map((count, index) => (
          <span
            key={index}
            title={`${hourName(index)}: ${formats.count(count)}`}
            className={styles['bar']}
            data-when={index === current ? 'now' : index > current ? 'later' : undefined}
            style={{ height: heightOf(count, most) }}
          />
        ))}
      </div>
      <div className={styles['scale']} aria-hidden="true">
        {[0, 6, 12, 18].map((hour) => (
          <span key={hour}>{hourName(hour)}</span>
        ))}
      </div>
      <figcaption>{summary}</figcaption>
    </figure>
  );
}
