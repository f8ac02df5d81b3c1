import { eventsPerStream } from './chat-payloads.ts';
import { pidOf } from './child-processes.ts';
import type { LoadPhase, LoadResult } from './load.ts';
import type { GenerateLoad } from './load-generator.ts';
import { becomesQuiet, processorTime } from './processor-time.ts';
import type { RunningTarget } from './targets.ts';

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

export function jsonPhase({ port, headers }: RunningTarget, total: number): LoadPhase {
  return { port, headers, stream: false, concurrency: jsonConcurrency, total };
}

export function streamPhase({ port, headers }: RunningTarget, total: number): LoadPhase {
  return { port, headers, stream: true, concurrency: streamConcurrency, total };
}

export async function measure(target: RunningTarget, generate: GenerateLoad, sizes: LoadSizes): Promise<Measurement> {
  const json = await measurePhase(target, generate, jsonPhase(target, sizes.requests));
  const stream = await measurePhase(target, generate, streamPhase(target, sizes.streams));
  const chunks = sizes.streams * eventsPerStream;
  return {
    requestsPerSecond: (json.completed * 1_000) / json.elapsedMs,
    p50Ms: json.p50Ms,
    p99Ms: json.p99Ms,
    requestUs: json.processUs / sizes.requests,
    requestMainUs: json.mainThreadUs / sizes.requests,
    chunkUs: stream.processUs / chunks,
    chunkMainUs: stream.mainThreadUs / chunks,
    chunksAlone: Math.min(1, stream.readsPerAnswer / eventsPerStream),
    failures: json.failures + stream.failures,
    firstFailure: json.firstFailure ?? stream.firstFailure,
  };
}
