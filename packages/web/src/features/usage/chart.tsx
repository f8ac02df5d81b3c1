import { useState } from 'react';
import styles from './chart.module.css';
import { scaleEnd, type Stack } from './usage-sums.ts';

export interface ChartProps {
  readonly title: string;
  readonly stack: Stack;
  readonly nameOf: (layer: string | undefined) => string;
  readonly labelOf: (step: string) => string;
  readonly show: (value: number) => string;
  /** Under the title while the pointer is over a bar. */
  readonly pointed: (label: string, value: string) => string;
  readonly peak: (value: string) => string;
}

const height = 200;
const width = 1_000;
const lines = [0.25, 0.5, 0.75, 1];

interface Bar {
  readonly parts: readonly number[];
}

function Layers({ bar: { parts }, x, step, end }: { bar: Bar; x: number; step: number; end: number }) {
  let below = 0;
  return parts.map((part, layer) => {
    const tall = (part / end) * height;
    below += tall;
    if (tall === 0) return null;
    return (
      <rect
        key={layer}
        className={styles['layer']}
        data-layer={layer}
        x={x + step * 0.12}
        y={height - below}
        width={step * 0.76}
        height={tall}
      />
    );
  });
}

/** Bars over time in layers, drawn as SVG. What it shows is also in the table below it, for who cannot see it. */
export function Chart({ title, stack, nameOf, labelOf, show, pointed, peak }: ChartProps) {
  const { layers, bars } = stack;
  const [at, setAt] = useState<number | undefined>();
  const most = Math.max(0, ...bars.map(({ total }) => total));
  const end = scaleEnd(most);
  const step = width / Math.max(1, bars.length);
  const under = at === undefined ? undefined : bars[at];
  const summary = under === undefined ? peak(show(most)) : pointed(labelOf(under.step), show(under.total));
  return (
    <figure className={styles['chart']}>
      <figcaption>
        <strong>{title}</strong>
        <span>{summary}</span>
      </figcaption>
      <div className={styles['plot']}>
        <div className={styles['scale']} aria-hidden="true">
          {lines.toReversed().map((line) => (
            <span key={line}>{show(end * line)}</span>
          ))}
          <span>{show(0)}</span>
        </div>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${peak(show(most))}`}
          onPointerLeave={() => setAt(undefined)}
        >
          {lines.map((line) => (
            <line key={line} x1={0} x2={width} y1={height * (1 - line)} y2={height * (1 - line)} />
          ))}
          {bars.map((bar, index) => (
            <g key={bar.step} onPointerEnter={() => setAt(index)} data-under={index === at ? '' : undefined}>
              <rect className={styles['back']} x={index * step} y={0} width={step} height={height} />
              <Layers bar={bar} x={index * step} step={step} end={end} />
            </g>
          ))}
        </svg>
      </div>
      <div className={styles['axis']} aria-hidden="true">
        {bars.length < 3 ? null : <span>{labelOf(bars[0]?.step ?? '')}</span>}
        {bars.length < 3 ? null : <span>{labelOf(bars[Math.floor(bars.length / 2)]?.step ?? '')}</span>}
        <span>{labelOf(bars.at(-1)?.step ?? '')}</span>
      </div>
      {layers.length < 2 ? null : (
        <ul className={styles['legend']}>
          {layers.map((layer, index) => (
            <li key={layer ?? ''}>
              <svg viewBox="0 0 10 10" aria-hidden="true">
                <rect className={styles['layer']} data-layer={index} width={10} height={10} />
              </svg>
              <span>{nameOf(layer)}</span>
              {under === undefined ? null : <span className={styles['part']}>{show(under.parts[index] ?? 0)}</span>}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}
