import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * Runs every check of the repository, all of them even if one fails.
 * `--fix` lets eslint and prettier correct what they can first.
 */

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly durationMs: number;
}

const root = join(import.meta.dirname, '..');
const { fix } = parseArgs({ options: { fix: { type: 'boolean', default: false } } }).values;

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json'] },
  { name: 'types web', command: ['tsc', '--project', 'packages/web/tsconfig.json'] },
  { name: 'api types', command: ['node', 'scripts/write-api-types.ts', ...(fix ? [] : ['--check'])] },
  { name: 'lint', command: ['eslint', '--max-warnings=0', ...(fix ? ['--fix'] : []), '.'] },
  { name: 'format', command: ['prettier', '--log-level=warn', fix ? '--write' : '--check', '.'] },
  { name: 'imports', command: ['depcruise', 'packages', 'e2e', 'bench', 'scripts'] },
  { name: 'unused', command: ['knip'] },
  { name: 'doc paths', command: ['node', 'scripts/check-doc-paths.ts'] },
];

/** The tools of this repository and its pinned Node come first, whoever starts the script. */
const searchPath = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter);

function run({ name, command: [program, ...args] }: Check): Outcome {
  console.log(`\n== ${name}: ${program} ${args.join(' ')}`);
  const startedAt = performance.now();
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, PATH: searchPath },
    stdio: 'inherit',
  });
  if (error !== undefined) console.error(error.message);
  return { name, passed: status === 0, durationMs: performance.now() - startedAt };
}

const outcomes = checks.map(run);

console.log('\n== summary');
for (const { name, passed, durationMs } of outcomes) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(10)} ${(durationMs / 1000).toFixed(1)} s`);
}
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;
