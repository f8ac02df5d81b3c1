import { parseArgs } from 'node:util';
import { targetNames, type TargetName } from './targets.ts';

export interface BenchOptions {
  readonly requests: number;
  readonly streams: number;
  readonly rounds: number;
  readonly chunkIntervalMs: number;
  readonly targets: readonly TargetName[];
  readonly json: boolean;
  readonly writeTo: string | undefined;
}

/** @throws Error naming the option, what was found and what is allowed */
export function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name}: found ${JSON.stringify(text)}; allowed: a whole number from 1`);
}

function isTarget(name: string): name is TargetName {
  return (targetNames as readonly string[]).includes(name);
}

function targetsOf(only: string | undefined): readonly TargetName[] {
  if (only === undefined) return targetNames;
  return [...new Set(only.split(','))].map((name) => {
    if (isTarget(name)) return name;
    throw new Error(`--only: found ${JSON.stringify(name)}; allowed: ${targetNames.join(', ')}`);
  });
}

/** Reads the command line. @throws Error naming what was wrong and what is allowed */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      requests: { type: 'string', default: '40000' },
      streams: { type: 'string', default: '300' },
      rounds: { type: 'string', default: '3' },
      'chunk-interval-ms': { type: 'string', default: '5' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'string' },
    },
  });
  return {
    requests: positiveInteger('requests', values.requests),
    streams: positiveInteger('streams', values.streams),
    rounds: positiveInteger('rounds', values.rounds),
    chunkIntervalMs: positiveInteger('chunk-interval-ms', values['chunk-interval-ms']),
    targets: targetsOf(values.only),
    json: values.json,
    writeTo: values.write,
  };
}
