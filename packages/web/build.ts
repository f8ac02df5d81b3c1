import { createHash } from 'node:crypto';
import { glob, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, mergeConfig, type Manifest } from 'vite';
import config from './vite.config.ts';

/**
 * Builds the console into dist/, unless dist/ was built from just these sources. A server that is running meanwhile always
 * finds a whole one.
 */

const folder = import.meta.dirname;
const dist = join(folder, 'dist');
const stampFile = 'built-from.txt';

/** What a browser loads before the first page shows, compressed. */
const firstLoadLimitBytes = 150 * 1024;
const firstLoad = ['index.html', 'src/features/home/page.tsx'];

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const found = await Array.fromAsync(
    glob(['src/**/*.{ts,tsx,css}', 'index.html', '*.ts', '*.json', '../../package-lock.json'], { cwd: folder }),
  );
  for (const name of found.toSorted()) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}

/** The files of the chunks, of what they import and of their styles. */
function filesOf(manifest: Manifest, names: readonly string[], seen = new Set<string>()): Set<string> {
  for (const name of names) {
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`the build has no chunk ${name}`);
    if (seen.has(chunk.file)) continue;
    for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file);
    filesOf(manifest, chunk.imports ?? [], seen);
  }
  return seen;
}

async function measureFirstLoad(outDir: string): Promise<number> {
  const manifest = JSON.parse(await readFile(join(outDir, '.vite/manifest.json'), 'utf8')) as Manifest;
  const contents = await Promise.all([...filesOf(manifest, firstLoad)].map((file) => readFile(join(outDir, file))));
  return contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
}

/** Puts a finished build in the place of the old one. */
async function swap(fresh: string): Promise<void> {
  const old = `${fresh}-old`;
  await rename(dist, old).catch(() => undefined);
  await rename(fresh, dist);
  await rm(old, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const digest = await digestOfSources();
  const built = await readFile(join(dist, stampFile), 'utf8').catch(() => '');
  if (built === digest) return;
  const nearby = join(folder, 'node_modules/.build');
  await mkdir(nearby, { recursive: true });
  const outDir = await mkdtemp(join(nearby, 'dist-'));
  try {
    await buildInto(outDir);
    await writeFile(join(outDir, stampFile), digest);
    await swap(outDir);
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

/** @throws Error when the first load has grown too large */
async function buildInto(outDir: string): Promise<void> {
  // Whoever starts it: under a test runner React would be built for development.
  process.env['NODE_ENV'] = 'production';
  await build(mergeConfig(config, { configFile: false, root: folder, logLevel: 'warn', build: { outDir } }));
  const bytes = await measureFirstLoad(outDir);
  console.log(`console: first load ${(bytes / 1024).toFixed(1)} kB compressed`);
  if (bytes > firstLoadLimitBytes)
    throw new Error(`first load is above ${firstLoadLimitBytes / 1024} kB: load more of it lazily`);
}

await main();
