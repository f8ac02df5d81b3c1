import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { systemClock } from '../packages/server/src/clock.ts';
import { compose } from '../packages/server/src/compose.ts';
import { loadConfig } from '../packages/server/src/config/load.ts';
import { openLogger } from '../packages/server/src/open-logger.ts';

/**
 * Writes the types of the API that the console calls from the server's own OpenAPI document.
 * `--check` writes nothing and fails when they are out of date.
 */

const root = join(import.meta.dirname, '..');
const file = join(root, 'packages/web/src/api/schema.d.ts');
/** What the console calls of the API; more types than it needs would only have to be read. */
const called = ['/account/', '/admin/', '/v1/models', '/v1/files', '/v1/batches', '/api/jobs'];

interface Document {
  readonly paths: Readonly<Record<string, object>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

async function readDocument(folder: string): Promise<Document> {
  const config = await loadConfig({ env: { DATA_DIR: folder }, cwd: folder, presetsDir: join(root, 'presets') });
  const { app, close } = await compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock: systemClock,
    logger: openLogger('error'),
    version: '0.0.0',
  });
  try {
    return (await app.inject('/openapi.json')).json<Document>();
  } finally {
    await close();
  }
}

function referencesIn(part: object): string[] {
  return [...JSON.stringify(part).matchAll(/"#\/components\/(\w+\/[\w.-]+)"/g)].map(([, name = '']) => name);
}

/** The paths the console calls, with the components they lead to and no others. */
function pruned(document: Document): object {
  const paths = Object.fromEntries(
    Object.entries(document.paths).filter(([path]) => called.some((start) => path.startsWith(start))),
  );
  const components: Record<string, Record<string, object>> = {};
  const open = referencesIn(paths);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const [section = '', id = ''] = name.split('/');
    const component = document.components[section]?.[id];
    if (component === undefined || components[section]?.[id] !== undefined) continue;
    components[section] = { ...components[section], [id]: component };
    open.push(...referencesIn(component));
  }
  const sorted = Object.fromEntries(
    Object.entries(components).map(([section, members]) => [
      section,
      Object.fromEntries(Object.entries(members).toSorted(([left], [right]) => left.localeCompare(right))),
    ]),
  );
  return { openapi: '3.1.0', info: { title: 'console', version: '1' }, paths, components: sorted };
}

async function typesOf(document: object, folder: string): Promise<string> {
  const source = join(folder, 'openapi.json');
  await writeFile(source, JSON.stringify(document));
  const program = join(root, 'packages/web/node_modules/openapi-typescript/bin/cli.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, source, '--alphabetize'], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return format(stdout, { ...(await resolveConfig(file)), filepath: file });
}

async function main(): Promise<void> {
  const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-types-'));
  try {
    const text = await typesOf(pruned(await readDocument(folder)), folder);
    if (!check) await writeFile(file, text);
    else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
      console.error('packages/web/src/api/schema.d.ts is out of date: run node scripts/write-api-types.ts');
      process.exitCode = 1;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
