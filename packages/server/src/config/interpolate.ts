import { isConfigMap, type ConfigMap } from './overlay.ts';

/** Variables by name, as a process gets them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable with an empty value counts as not set. */
export function variable(env: Environment, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return value === undefined || value.trim() === '' ? undefined : value;
}

export interface InterpolationProblem {
  readonly path: readonly (string | number)[];
  /** The reference as written, `${NAME}`; never what surrounds it, which may be secret. */
  readonly reference: string;
  readonly kind: 'unset' | 'malformed';
}

/** `$$`, a whole `${NAME}`, or the start of a `${` that is none. */
const reference = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{[^}\s]{0,40}\}?/g;

/**
 * Fills `${NAME}` in every string of a parsed yaml file; `$$` becomes one dollar sign, any other `$` stays. Keys are
 * left alone. A variable that is not set, or empty, is reported with the path of the string and left as written.
 */
export function interpolate(map: ConfigMap, env: Environment): { map: ConfigMap; problems: InterpolationProblem[] } {
  const problems: InterpolationProblem[] = [];
  return { map: interpolateMap(map, [], env, problems), problems };
}

function interpolateMap(
  map: ConfigMap,
  path: readonly (string | number)[],
  env: Environment,
  problems: InterpolationProblem[],
): ConfigMap {
  return Object.fromEntries(
    Object.entries(map).map(([key, item]) => [key, interpolateAt(item, [...path, key], env, problems)]),
  );
}

function interpolateAt(
  value: unknown,
  path: readonly (string | number)[],
  env: Environment,
  problems: InterpolationProblem[],
): unknown {
  if (typeof value === 'string') return interpolateText(value, path, env, problems);
  if (Array.isArray(value)) return value.map((item, index) => interpolateAt(item, [...path, index], env, problems));
  return isConfigMap(value) ? interpolateMap(value, path, env, problems) : value;
}

function interpolateText(
  text: string,
  path: readonly (string | number)[],
  env: Environment,
  problems: InterpolationProblem[],
): string {
  return text.replace(reference, (written: string, name: string | undefined) => {
    if (written === '$$') return '$';
    const value = name === undefined ? undefined : variable(env, name);
    if (value !== undefined) return value;
    problems.push({ path, reference: written, kind: name === undefined ? 'malformed' : 'unset' });
    return written;
  });
}
