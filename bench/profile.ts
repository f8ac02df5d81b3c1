import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { eventsPerStream } from './chat-payloads.ts';
import { pidOf, stop } from './child-processes.ts';
import { startLoadGenerator, type GenerateLoad } from './load-generator.ts';
import { phaseOf, type LoadSizes } from './measure.ts';
import { becomesQuiet } from './processor-time.ts';
import { positiveInteger } from './options.ts';
import { startTarget, startUpstream, type RunningTarget } from './targets.ts';

const serverCore = 0;
const loadCore = availableParallelism() > 1 ? 1 : 0;
const shownFunctions = 30;
const samplingIntervalUs = 200;

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/** A .cpuprofile as V8 writes it; times in microseconds of the monotonic clock. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Span {
  readonly title: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly units: number;
  readonly unit: string;
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

function placeOf({ callFrame: { functionName, url } }: ProfileNode): string {
  const file = url
    .replace(/^file:\/\/.*\/node_modules\//, '')
    .replace(new RegExp(`^file://${join(import.meta.dirname, '..')}/`), '');
  return `${functionName === '' ? '(anonymous)' : functionName}  ${file}`;
}

/** Self time by function and file within a span, the largest first. */
function selfTimes(profile: CpuProfile, span: Span): [string, number][] {
  const places = new Map(profile.nodes.map((node) => [node.id, placeOf(node)]));
  const times = new Map<string, number>();
  let atUs = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    const deltaUs = profile.timeDeltas[index] ?? 0;
    atUs += deltaUs;
    if (atUs < span.startUs || atUs > span.endUs) continue;
    const place = places.get(id) ?? '(unknown)';
    times.set(place, (times.get(place) ?? 0) + deltaUs);
  }
  return [...times].sort(([, one], [, other]) => other - one);
}

function printSpan(profile: CpuProfile, span: Span, thread: string): void {
  const all = selfTimes(profile, span);
  const busy = all.filter(([place]) => !place.startsWith('(idle)') && !place.startsWith('(program)'));
  const busyUs = busy.reduce((sum, [, us]) => sum + us, 0);
  const programUs = all.find(([place]) => place.startsWith('(program)'))?.[1] ?? 0;
  const per = (us: number): string => (us / span.units).toFixed(2).padStart(8);
  process.stdout.write(
    `\n${span.title}, ${thread}: ${per(busyUs).trim()} µs of JavaScript and garbage collection a ${span.unit}, ${per(programUs).trim()} µs outside\n`,
  );
  for (const [place, us] of busy.slice(0, shownFunctions)) process.stdout.write(`${per(us)} µs  ${place}\n`);
}

async function underLoad(target: RunningTarget, generate: GenerateLoad, options: LoadSizes): Promise<Span[]> {
  const spans: Span[] = [];
  const phases = [
    { title: 'Requests', unit: 'request', phase: phaseOf(target, 'chat', options), units: options.requests },
    {
      title: 'Streams',
      unit: 'chunk',
      phase: phaseOf(target, 'chat-stream', options),
      units: options.streams * eventsPerStream,
    },
  ];
  for (const { title, unit, phase, units } of phases) {
    await generate({ ...phase, total: Math.ceil(phase.total / 3) });
    await becomesQuiet(pidOf(target.child));
    const startUs = nowUs();
    const { failures, firstFailure } = await generate(phase);
    await becomesQuiet(pidOf(target.child));
    if (failures > 0) throw new Error(`${String(failures)} failures; first: ${firstFailure ?? ''}`);
    spans.push({ title, unit, units, startUs, endUs: nowUs() });
  }
  return spans;
}

interface ProfileOptions extends LoadSizes {
  readonly chunkIntervalMs: number;
  /** Where the .cpuprofile files are left; absent: they are not kept. */
  readonly profileFolder: string | undefined;
}

function readProfileOptions(args: readonly string[]): ProfileOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      requests: { type: 'string', default: '10000' },
      streams: { type: 'string', default: '300' },
      'chunk-interval-ms': { type: 'string', default: '5' },
      'profile-folder': { type: 'string' },
    },
  });
  return {
    requests: positiveInteger('requests', values.requests),
    streams: positiveInteger('streams', values.streams),
    chunkIntervalMs: positiveInteger('chunk-interval-ms', values['chunk-interval-ms']),
    profileFolder: values['profile-folder'],
  };
}

/** Runs Turnpike under load with V8's profiler and prints where its time goes. */
async function main(): Promise<void> {
  const options = readProfileOptions(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-profile-'));
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const upstreamPort = await startUpstream(loadCore, folder, options.chunkIntervalMs);
  const generate = startLoadGenerator(loadCore, folder);
  const profileFolder = resolve(options.profileFolder ?? folder);
  mkdirSync(profileFolder, { recursive: true });
  const kept = new Set(readdirSync(profileFolder));
  const nodeArgs = [
    '--cpu-prof',
    `--cpu-prof-dir=${profileFolder}`,
    `--cpu-prof-interval=${String(samplingIntervalUs)}`,
  ];
  const target = await startTarget.turnpike({ core: serverCore, upstreamPort, folder, nodeArgs });
  const spans = await underLoad(target, generate, options);
  await stop(target.child);
  const files = readdirSync(profileFolder)
    .filter((name) => name.endsWith('.cpuprofile') && !kept.has(name))
    .sort();
  for (const file of files) {
    const profile = JSON.parse(readFileSync(join(profileFolder, file), 'utf8')) as CpuProfile;
    // CPU.<date>.<time>.<pid>.<thread>.<sequence>.cpuprofile
    const thread = file.split('.')[4] ?? '0';
    for (const span of spans) printSpan(profile, span, thread === '0' ? 'main thread' : `thread ${thread}`);
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
