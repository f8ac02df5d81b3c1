import { access, constants, mkdir } from 'node:fs/promises';
import { errorCode } from '../errors.ts';
import { configErrorOf, quoted } from './config-error.ts';
import { localOrigin, readEnvironment } from './environment.ts';
import { variable, type Environment } from './interpolate.ts';
import type { Config } from './schema.ts';
import {
  adminTokenForm,
  generateAdminToken,
  generateMasterKey,
  masterKeyForm,
  parseAdminToken,
  parseMasterKey,
} from './secret-forms.ts';
import { readOrCreateSecret } from './secrets-file.ts';
import { readSettings } from './settings.ts';

interface ConfigSources {
  readonly env: Environment;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly presetsDir: string;
}

/**
 * Everything the process was told: preset, TURNPIKE_CONFIG and environment, checked and frozen. Makes the data folder,
 * and in it the secrets that the environment does not give; nothing is made while anything is wrong.
 * @throws ConfigError with one line for the operator
 */
export async function loadConfig({ env, cwd, presetsDir }: ConfigSources): Promise<Config> {
  const environment = readEnvironment(env, cwd);
  const { host, port, dataDir, preset, configFile, trustedProxies, ...given } = environment;
  const settings = await readSettings({ env, cwd, presetsDir, preset, configFile });
  await prepareDataFolder(dataDir, variable(env, 'DATA_DIR') ?? dataDir);
  const adminToken =
    environment.adminToken ??
    (await readOrCreateSecret({
      folder: dataDir,
      name: 'admin-token',
      generate: generateAdminToken,
      parse: parseAdminToken,
      allowed: adminTokenForm,
    }));
  const masterKey =
    environment.masterKey ??
    (await readOrCreateSecret({
      folder: dataDir,
      name: 'master-key',
      generate: generateMasterKey,
      parse: parseMasterKey,
      allowed: masterKeyForm,
    }));
  return Object.freeze({
    ...given,
    ...{ host, port, dataDir, preset, settings },
    publicUrl: environment.publicUrl ?? localOrigin(host, port),
    adminToken,
    masterKey,
    trustedProxies: Object.freeze([...trustedProxies]),
  });
}

/**
 * The configuration once the port is known: with `PORT=0` the system chooses one, and a public URL that was not given
 * follows it.
 */
export function withListeningPort(config: Config, port: number): Config {
  const followed =
    config.publicUrl === localOrigin(config.host, config.port) ? localOrigin(config.host, port) : config.publicUrl;
  return Object.freeze({ ...config, port, publicUrl: followed });
}

async function prepareDataFolder(folder: string, written: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw configErrorOf([
      {
        key: 'DATA_DIR',
        found: `${quoted(written)} (${errorCode(error) ?? 'unusable'})`,
        allowed: 'a folder this process may create and write to',
      },
    ]);
  }
}
