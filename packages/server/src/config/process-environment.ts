import { join } from 'node:path';
import type { Environment } from './interpolate.ts';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';

/**
 * Reads the configuration of this process. Only main.ts calls it; everything else is given what it needs.
 * `env` is a copy of the environment as it was read, for `discoverUpstreams`.
 * @throws ConfigError
 */
export async function loadConfigFromProcess(): Promise<{ config: Config; env: Environment }> {
  const env = Object.freeze({ ...process.env });
  const presetsDir = join(import.meta.dirname, '../../../../presets');
  return { config: await loadConfig({ env, cwd: process.cwd(), presetsDir }), env };
}
