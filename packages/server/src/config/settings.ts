import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode } from '../errors.ts';
import { ConfigError, configErrorOf, quoted, type Problem } from './config-error.ts';
import { deepFreeze } from './deep-freeze.ts';
import { interpolate, type Environment, type InterpolationProblem } from './interpolate.ts';
import { settingsJsonSchema } from './json-schema.ts';
import { overlay, type ConfigMap } from './overlay.ts';
import { settingsSchema, type Settings } from './schema.ts';
import { keyWithFile, settingsProblems, type SettingsSources } from './settings-problems.ts';
import { parseConfigYaml } from './yaml-file.ts';

interface SettingsLocation {
  readonly env: Environment;
  readonly cwd: string;
  /** The folder that holds one folder a preset. */
  readonly presetsDir: string;
  readonly preset: string;
  readonly configFile: string | undefined;
}

/**
 * The preset with the operator's file laid over it, variables filled in, checked, with defaults, frozen.
 * @throws ConfigError
 */
export async function readSettings({ env, cwd, presetsDir, preset, configFile }: SettingsLocation): Promise<Settings> {
  const presetFile = `presets/${preset}/preset.yaml`;
  const base = parseConfigYaml(await readPreset(presetsDir, preset), presetFile);
  const top =
    configFile === undefined
      ? {}
      : parseConfigYaml(await readConfigFile(resolve(cwd, configFile), configFile), configFile);
  return checkSettings({ preset: base, presetFile, overlay: top, overlayFile: configFile, env });
}

interface Layers {
  readonly preset: ConfigMap;
  readonly presetFile: string;
  readonly overlay: ConfigMap;
  readonly overlayFile: string | undefined;
  readonly env: Environment;
}

/** Variables are filled in after the merge: what the operator's file replaces needs no variable. */
function checkSettings({ env, ...layers }: Layers): Settings {
  const merged = overlay(overlay({}, layers.preset), layers.overlay);
  const { map, problems } = interpolate(merged, env);
  const sources = (): SettingsSources => ({ ...layers, merged, schema: settingsJsonSchema() });
  stopAtProblems(problems.length === 0 ? [] : problems.map((problem) => interpolationProblem(problem, sources())));
  const parsed = settingsSchema.safeParse(map);
  if (parsed.success) return deepFreeze(parsed.data);
  stopAtProblems(settingsProblems(parsed.error.issues, sources()));
  throw new ConfigError('the configuration is not valid');
}

function stopAtProblems([first, ...others]: readonly Problem[]): void {
  if (first !== undefined) throw configErrorOf([first, ...others]);
}

function interpolationProblem({ path, reference, kind }: InterpolationProblem, sources: SettingsSources): Problem {
  const key = keyWithFile(path, sources);
  if (kind === 'malformed')
    return { key, found: quoted(reference), allowed: '${NAME} with the name of a variable, or $$ for a dollar sign' };
  return {
    key,
    found: `${reference}, but the variable ${reference.slice(2, -1)} is not set`,
    allowed: 'a variable that is set and not empty',
  };
}

async function readPreset(presetsDir: string, preset: string): Promise<string> {
  const available = await listPresets(presetsDir);
  if (available.includes(preset)) return await readFile(join(presetsDir, preset, 'preset.yaml'), 'utf8');
  throw configErrorOf([
    {
      key: 'TURNPIKE_PRESET',
      found: quoted(preset),
      allowed: available.join(', ') || `a preset; there is none in ${presetsDir}`,
    },
  ]);
}

async function listPresets(presetsDir: string): Promise<string[]> {
  try {
    const entries = await readdir(presetsDir);
    return entries.filter((name) => existsSync(join(presetsDir, name, 'preset.yaml'))).sort();
  } catch (error) {
    throw new ConfigError(
      `presets: found no readable folder ${quoted(presetsDir)} (${errorCode(error) ?? 'unknown reason'}); allowed: the folder of presets that comes with Turnpike`,
    );
  }
}

async function readConfigFile(path: string, written: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw configErrorOf([
      {
        key: 'TURNPIKE_CONFIG',
        found: `${quoted(written)} (${errorCode(error) ?? 'unreadable'})`,
        allowed: 'the path of a yaml file this process may read',
      },
    ]);
  }
}
