import { pidOf } from './child-processes.ts';
import type { LoadPhase, LoadResult } from './load.ts';
import type { GenerateLoad } from './load-generator.ts';
import { becomesQuiet, processorTime } from './processor-time.ts';
import type { RunningTarget } from './targets.ts';
import { workloads, type WorkloadName } from './workloads.ts';

/** What one target cost in one round. Processor time in microseconds. */
export interface Measurement {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requestUs: number;
  readonly requestMainUs: number;
  readonly chunkUs: number;
  readonly chunkMainUs: number;
  /** Part of the chunks that reached the client in a read of their own, 0 to 1. */
  readonly chunksAlone: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  /** Further surfaces that the target has, each a request or a chunk. */
  readonly surfaces: Readonly<Partial<Record<WorkloadName, Cost>>>;
}

/** Processor time in microseconds: of the whole process, and of its main thread. */
export interface Cost {
  readonly processUs: number;
  readonly mainThreadUs: number;
}

export interface LoadSizes {
  readonly requests: number;
  readonly streams: number;
}

export const jsonConcurrency = 16;
export const streamConcurrency = 20;

interface Measured extends LoadResult {
  readonly processUs: number;
  readonly mainThreadUs: number;
}

/** A third as much load first, so that what is measured is compiled code; then the load, with all it puts off. */
async function measurePhase(target: RunningTarget, generate: GenerateLoad, phase: LoadPhase): Promise<Measured> {
  const pid = pidOf(target.child);
  await generate({ ...phase, total: Math.max(phase.concurrency, Math.ceil(phase.total / 3)) });
  await becomesQuiet(pid);
  const before = processorTime(pid);
  const result = await generate(phase);
  await becomesQuiet(pid);
  const after = processorTime(pid);
  return {
    ...result,
    processUs: after.processUs - before.processUs,
    mainThreadUs: after.mainThreadUs - before.mainThreadUs,
  };
}

export function phaseOf({ port, headers }: RunningTarget, workload: WorkloadName, sizes: LoadSizes): LoadPhase {
  const isStream = workloads[workload].unitsPerAnswer > 1;
  return {
    ...{ port, headers, workload },
    concurrency: isStream ? streamConcurrency : jsonConcurrency,
    total: isStream ? sizes.streams : sizes.requests,
  };
}

/** What a request or chunk of each further surface costs. */
async function measureSurfaces(
  target: RunningTarget,
  generate: GenerateLoad,
  sizes: LoadSizes,
): Promise<Pick<Measurement, 'surfaces' | 'failures' | 'firstFailure'>> {
  const surfaces: Partial<Record<WorkloadName, Cost>> = {};
  let failures = 0;
  let firstFailure: string | null = null;
  for (const workload of target.surfaces) {
    const phase = phaseOf(target, workload, sizes);
    const result = await measurePhase(target, generate, phase);
    const units = phase.total * workloads[workload].unitsPerAnswer;
    surfaces[workload] = { processUs: result.processUs / units, mainThreadUs: result.mainThreadUs / units };
    failures += result.failures;
    firstFailure ??= result.firstFailure;
  }
  return { surfaces, failures, firstFailure };
}

export async function measure(target: RunningTarget, generate: GenerateLoad, sizes: LoadSizes): Promise<Measurement> {
  const json = await measurePhase(target, generate, phaseOf(target, 'chat', sizes));
  const stream = await measurePhase(target, generate, phaseOf(target, 'chat-stream', sizes));
  const { surfaces, failures, firstFailure } = await measureSurfaces(target, generate, sizes);
  const chunks = sizes.streams * workloads['chat-stream'].unitsPerAnswer;
  return {
    requestsPerSecond: (json.completed * 1_000) / json.elapsedMs,
    p50Ms: json.p50Ms,
    p99Ms: json.p99Ms,
    requestUs: json.processUs / sizes.requests,
    requestMainUs: json.mainThreadUs / sizes.requests,
    chunkUs: stream.processUs / chunks,
    chunkMainUs: stream.mainThreadUs / chunks,
    chunksAlone: Math.min(1, stream.readsPerAnswer / workloads['chat-stream'].unitsPerAnswer),
    surfaces,
    failures: json.failures + stream.failures + failures,
    firstFailure: json.firstFailure ?? stream.firstFailure ?? firstFailure,
  };
}
