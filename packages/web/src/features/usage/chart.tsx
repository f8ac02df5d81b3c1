import { useFormats } from '../../i18n/format.ts';
import styles from './chart.module.css';

export interface Bar {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  /** As it is read out and shown beside the pointer. */
  readonly text: string;
}

const height = 180;
const width = 1_000;

/** Bars over time, drawn as SVG: no script of others, no inline style. What it shows is also in the table below it. */
export function Chart({ title, bars }: { readonly title: string; readonly bars: readonly Bar[] }) {
  const formats = useFormats();
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const step = width / Math.max(1, bars.length);
  return (
    <figure className={styles['chart']}>
      <figcaption>
        <span>{title}</span>
        <span>{formats.short(most)}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={title}>
        {bars.map(({ id, value, text }, index) => {
          const tall = (value / most) * height;
          return (
            <g key={id}>
              <title>{text}</title>
              <rect className={styles['back']} x={index * step} y={0} width={step} height={height} />
              <rect
                className={styles['bar']}
                x={index * step + step * 0.1}
                y={height - tall}
                width={step * 0.8}
                height={tall}
              />
            </g>
          );
        })}
      </svg>
      <div className={styles['axis']}>
        <span>{bars[0]?.label ?? ''}</span>
        <span>{bars.at(-1)?.label ?? ''}</span>
      </div>
    </figure>
  );
}
