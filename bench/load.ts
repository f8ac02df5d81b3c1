import type { WorkloadName } from './workloads.ts';

/** What the load generator is told to send. */
export interface LoadPhase {
  readonly port: number;
  readonly workload: WorkloadName;
  readonly headers: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly total: number;
}

/** What it saw. Times in milliseconds. */
export interface LoadResult {
  readonly completed: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Reads that brought a part of a body, per answer. */
  readonly readsPerAnswer: number;
}

/** Nearest-rank percentile of sorted values; 0 of none. */
export function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? 0;
}
