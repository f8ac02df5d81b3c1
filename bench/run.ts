import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir, type } from 'node:os';
import { join } from 'node:path';
import { stop } from './child-processes.ts';
import { startLoadGenerator, type GenerateLoad } from './load-generator.ts';
import { measure, type Measurement } from './measure.ts';
import { readOptions, type BenchOptions } from './options.ts';
import {
  benchmarkPage,
  circumstancesText,
  resultTable,
  surfaceTable,
  wereMerged,
  type Circumstances,
  type TargetRounds,
} from './report.ts';
import { startTarget, startUpstream, targetTitles, type TargetName } from './targets.ts';

const serverCore = 0;
const loadCore = availableParallelism() > 1 ? 1 : 0;

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function versionOf(target: TargetName): string {
  if (target === 'bare') return '';
  const path = target === 'turnpike' ? '../package.json' : '../node_modules/@portkey-ai/gateway/package.json';
  const text = readFileSync(join(import.meta.dirname, path), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function circumstances(): Circumstances {
  const args = process.argv.slice(2);
  return {
    command: ['npm run bench', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
    node: process.versions.node,
    processor: cpus()[0]?.model ?? 'an unknown processor',
    cores: availableParallelism(),
    system: `${type()} ${release()}`,
    loadAverage: loadavg()[0] ?? 0,
    date: new Date().toISOString().slice(0, 10),
  };
}

interface RoundOptions {
  readonly target: TargetName;
  readonly folder: string;
  readonly upstreamPort: number;
  readonly generate: GenerateLoad;
  readonly options: BenchOptions;
}

/** One target, from its start to its end. @throws Error if it did not start or the load could not be sent */
async function runRound({ target, folder, upstreamPort, generate, options }: RoundOptions): Promise<Measurement> {
  mkdirSync(folder);
  const running = await startTarget[target]({ core: serverCore, upstreamPort, folder });
  try {
    return await measure(running, generate, options);
  } finally {
    await stop(running.child);
  }
}

async function runAll(options: BenchOptions, folder: string): Promise<{ results: TargetRounds[]; problems: string[] }> {
  const upstreamPort = await startUpstream(loadCore, folder, options.chunkIntervalMs);
  const generate = startLoadGenerator(loadCore, folder);
  const rounds = new Map<TargetName, Measurement[]>();
  const problems: string[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const target of options.targets) {
      note(`round ${String(round)} of ${String(options.rounds)}: ${targetTitles[target]}`);
      try {
        const roundFolder = join(folder, `${target}-${String(round)}`);
        const result = await runRound({ target, folder: roundFolder, upstreamPort, generate, options });
        rounds.set(target, [...(rounds.get(target) ?? []), result]);
        if (result.failures === 0) continue;
        problems.push(
          `${targetTitles[target]}: ${String(result.failures)} failures; first: ${result.firstFailure ?? ''}`,
        );
      } catch (error) {
        problems.push(`${targetTitles[target]}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  const results = options.targets.flatMap((target) => {
    const measured = rounds.get(target);
    return measured === undefined ? [] : [{ target, version: versionOf(target), rounds: measured }];
  });
  return { results, problems };
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-bench-'));
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const about = circumstances();
  const { results, problems } = await runAll(options, folder);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...about, options, results, problems }, null, 2)}\n`);
  else process.stdout.write(`${circumstancesText(about)}\n\n${resultTable(results)}\n\n${surfaceTable(results)}\n`);
  for (const { target } of results.filter(wereMerged)) {
    note(`bench: ${targetTitles[target]}: chunks were merged; their cost is a lower bound (see --chunk-interval-ms)`);
  }
  for (const problem of problems) note(`bench: ${problem}`);
  if (problems.length > 0) return 1;
  if (options.writeTo !== undefined) {
    writeFileSync(options.writeTo, benchmarkPage(results, options, about));
    execFileSync(
      process.execPath,
      [join(import.meta.dirname, '../node_modules/prettier/bin/prettier.cjs'), '--write', options.writeTo],
      { stdio: 'ignore' },
    );
  }
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    note(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
