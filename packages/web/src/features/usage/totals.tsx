import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { texts } from './texts.ts';
import styles from './totals.module.css';
import { measured, measures, type Measure, type Sums } from './usage-sums.ts';

/** How a measure is written. */
export function useShow(): (measure: Measure, value: number, currency: string) => string {
  const formats = useFormats();
  return (measure, value, currency) => {
    if (measure === 'cost') return formats.money(value, currency);
    if (measure === 'latency') return formats.milliseconds(value);
    return value < 100_000 ? formats.count(value) : formats.short(value);
  };
}

/** What the period adds up to; the one that is pressed is what the chart shows. */
export function Totals({
  sums,
  currency,
  chosen,
  onChoose,
}: {
  readonly sums: Sums;
  readonly currency: string;
  readonly chosen: Measure;
  readonly onChoose: (measure: Measure) => void;
}) {
  const text = useTexts(texts);
  const formats = useFormats();
  const show = useShow();
  return (
    <div className={styles['totals']} role="group" aria-label={text.chooseMeasure}>
      {measures.map((measure) => (
        <button
          key={measure}
          type="button"
          className={styles['total']}
          aria-pressed={measure === chosen}
          onClick={() => onChoose(measure)}
        >
          <span>{text[measure]}</span>
          <strong>{show(measure, measured(sums, measure, currency), currency)}</strong>
          {measure === 'errors' && sums.requests > 0 ? (
            <small>{formats.percent(sums.errors / sums.requests)}</small>
          ) : null}
        </button>
      ))}
    </div>
  );
}
