import type { Measurement } from './measure.ts';
import { jsonConcurrency, streamConcurrency } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { targetTitles, type TargetName } from './targets.ts';
import { workloadNames, workloads, type WorkloadName } from './workloads.ts';

export interface TargetRounds {
  readonly target: TargetName;
  readonly version: string;
  readonly rounds: readonly Measurement[];
}

export interface Circumstances {
  /** As typed, e.g. `npm run bench -- --rounds 5`. */
  readonly command: string;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  /** Processes that wanted a core in the minute before, on average: well below 1 when the machine was ours alone. */
  readonly loadAverage: number;
  /** YYYY-MM-DD */
  readonly date: string;
}

type Figure = Exclude<keyof Measurement, 'failures' | 'firstFailure' | 'surfaces'>;

interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? 0;
  return { median: (low + high) / 2, lowest: sorted[0] ?? 0, highest: sorted.at(-1) ?? 0 };
}

/** Below so many reads a chunk, the cost of one is no more than a lower bound. */
const aloneFrom = 0.95;

/** Whether so many chunks were merged on the way that the cost of one is not that of a chunk that arrives alone. */
export function wereMerged({ rounds }: TargetRounds): boolean {
  return spreadOf(rounds.map((round) => round.chunksAlone)).median < aloneFrom;
}

function cell(result: TargetRounds, figure: Figure, digits: number): string {
  const { rounds } = result;
  const { median, lowest, highest } = spreadOf(rounds.map((round) => round[figure]));
  const bound = (figure === 'chunkUs' || figure === 'chunkMainUs') && wereMerged(result) ? '≥ ' : '';
  const middle = bound + median.toFixed(digits);
  return rounds.length === 1 ? middle : `${middle} (${lowest.toFixed(digits)}–${highest.toFixed(digits)})`;
}

const columns: readonly { readonly title: string; readonly figure: Figure; readonly digits: number }[] = [
  { title: 'requests/s', figure: 'requestsPerSecond', digits: 0 },
  { title: 'p50 ms', figure: 'p50Ms', digits: 2 },
  { title: 'p99 ms', figure: 'p99Ms', digits: 2 },
  { title: 'CPU µs a request', figure: 'requestUs', digits: 0 },
  { title: 'of it main thread', figure: 'requestMainUs', digits: 0 },
  { title: 'CPU µs a chunk', figure: 'chunkUs', digits: 1 },
  { title: 'of it main thread', figure: 'chunkMainUs', digits: 1 },
  { title: 'reads a chunk', figure: 'chunksAlone', digits: 2 },
];

/** A table in Markdown: the median of the rounds, and the lowest and highest of them. */
export function resultTable(results: readonly TargetRounds[]): string {
  const rows = [
    ['', ...columns.map(({ title }) => title)],
    ['---', ...columns.map(() => '---:')],
    ...results.map((result) => [
      `${targetTitles[result.target]} ${result.version}`,
      ...columns.map(({ figure, digits }) => cell(result, figure, digits)),
    ]),
  ];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function surfaceCell({ rounds }: TargetRounds, workload: WorkloadName): string {
  const costs = rounds.map(({ surfaces }) => surfaces[workload]).filter((cost) => cost !== undefined);
  if (costs.length === 0) return 'n/a';
  const whole = spreadOf(costs.map((cost) => cost.processUs)).median;
  const main = spreadOf(costs.map((cost) => cost.mainThreadUs)).median;
  return `${whole.toFixed(1)} (${main.toFixed(1)})`;
}

/** What the further surfaces cost: CPU µs of the whole process, in brackets of its main thread; medians of the rounds. */
export function surfaceTable(results: readonly TargetRounds[]): string {
  const shown = workloadNames.filter((name) => name !== 'chat' && name !== 'chat-stream');
  const rows = [
    ['CPU µs', ...results.map(({ target }) => targetTitles[target])],
    ['---', ...results.map(() => '---:')],
    ...shown.map((name) => [workloads[name].title, ...results.map((result) => surfaceCell(result, name))]),
  ];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** When and on what it was measured. */
export function circumstancesText({ node, processor, cores, system, loadAverage, date }: Circumstances): string {
  return `Measured on ${date} with Node ${node} on ${processor} (${String(cores)} cores, ${system}; load average
${loadAverage.toFixed(1)} in the minute before: above 1, other work was disturbing the figures)`;
}

export function benchmarkPage(
  results: readonly TargetRounds[],
  options: BenchOptions,
  circumstances: Circumstances,
): string {
  const { command, cores } = circumstances;
  return `# Benchmarks

${circumstancesText(circumstances)} by

\`\`\`sh
${command}
\`\`\`

${resultTable(results)}

Further surfaces, the whole process and in brackets its main thread. Messages are translated to chat and back, the upstream
being the same; compare them with the row of Turnpike above. Portkey is left out: it answered every embeddings request of this
load with status 500, and whether it translates Messages for such an upstream was not tried.

${surfaceTable(results)}

Each figure is the median of ${String(options.rounds)} rounds, in brackets the lowest and the highest. In a round every
target is started afresh, warmed up and measured, one after the other.

- The server under test is pinned to core 0; the model server and the load generator share core ${cores > 1 ? '1' : '0, for there is no other'}.
- Requests: a chat of 1 KB answered with 1 KB, ${String(options.requests)} of them, ${String(jsonConcurrency)} at a time. Streams: ${String(options.streams)} answers of
  100 chunks, ${String(streamConcurrency)} at a time, each chunk ${String(options.chunkIntervalMs)} ms after the one before, so that it travels alone. Where “reads a
  chunk” is below ${String(aloneFrom)}, chunks were merged on the way and the cost of one is only a lower bound (≥).
- CPU is user and system time of the whole process, all its threads, until it is quiet again after the load: work put
  off is counted. Turnpike's process holds its database too, in a thread of its own; “main thread” is without it. The
  cost of opening and ending a stream is part of its chunks.
- Turnpike has everything on: a key checked, four windows counted, usage metered and billed, limit headers, the log.
  The bare proxy (\`bench/bare-proxy.ts\`: Node's http server and an undici pool) does nothing but pass bytes on.
- Portkey's gateway is run as published, headless, in production mode, with no key, limit or metering of its own. One
  fault of its dependencies, which fails every stream, is worked around (\`bench/portkey-preload.ts\`).
- Every answer is checked to be whole. Requests a second of a cheap target may be bounded by the load's core: compare CPU.
- \`node bench/profile.ts\` shows where Turnpike spends its time.
`;
}
