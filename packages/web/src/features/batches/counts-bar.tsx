import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import type { Batch } from './batch-status.ts';
import styles from './batches.module.css';
import { texts } from './texts.ts';

/** How many of a batch's requests are answered, and how many could not be; also in words. */
export function CountsBar({ counts: { total, completed, failed } }: { readonly counts: Batch['request_counts'] }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const share = (count: number) => ({ width: `${String(total === 0 ? 0 : (count / total) * 100)}%` });
  return (
    <div className={styles['counts']}>
      <div className={styles['bar']} aria-hidden="true">
        <span className={styles['done']} style={share(completed)} />
        <span className={styles['failed']} style={share(failed)} />
      </div>
      <span className={styles['words']}>
        {text.counts(formats.count(completed + failed), formats.count(total))}
        {failed === 0 ? null : `, ${text.countFailed(formats.count(failed))}`}
      </span>
    </div>
  );
}
