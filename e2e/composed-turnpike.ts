import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../packages/server/src/clock.ts';
import { compose, type Composition } from '../packages/server/src/compose.ts';
import { loadConfig } from '../packages/server/src/config/load.ts';
import { createRecordingLogger } from '../packages/server/src/testing/recording-logger.ts';
import { freePort, temporaryFolder } from './turnpike-process.ts';

export interface ComposedTurnpike {
  readonly url: string;
  readonly composition: Composition;
  close(): Promise<void>;
}

/** Turnpike in this process, listening, with a clock of the test's: a process of its own could not be told the time. */
export async function startComposed(options: {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string>>;
  readonly config: object;
}): Promise<ComposedTurnpike> {
  const root = join(import.meta.dirname, '..');
  const [port, folder] = [await freePort(), await temporaryFolder()];
  const url = `http://127.0.0.1:${String(port)}`;
  const file = join(folder, 'turnpike.yaml');
  await writeFile(file, JSON.stringify({ discovery: { local: false, providers: false }, ...options.config }));
  const config = await loadConfig({
    env: { DATA_DIR: join(folder, 'data'), TURNPIKE_CONFIG: file, TURNPIKE_PUBLIC_URL: url, ...options.env },
    cwd: root,
    presetsDir: join(root, 'presets'),
  });
  const composition = await compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock: options.clock,
    logger: createRecordingLogger(),
    version: '0',
  });
  await composition.app.listen({ host: '127.0.0.1', port });
  await composition.startBackground();
  return {
    url,
    composition,
    close: async () => {
      composition.app.server.closeAllConnections();
      await composition.close();
    },
  };
}
