export type ConfigMap = Readonly<Record<string, unknown>>;

/** Whether a value of a parsed yaml file is a map (not a list, not a scalar). */
export function isConfigMap(value: unknown): value is ConfigMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Lays one map over another: maps merge by key at every depth, lists and scalars replace what was there, `null` removes
 * the key. These are the rules of JSON Merge Patch (RFC 7396). The result shares no map with the arguments.
 */
export function overlay(base: ConfigMap, top: ConfigMap): ConfigMap {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(top)) {
    const below = merged.get(key);
    if (value === null) merged.delete(key);
    else if (isConfigMap(value)) merged.set(key, overlay(isConfigMap(below) ? below : {}, value));
    else merged.set(key, value);
  }
  // fromEntries defines own properties, so that a key named __proto__ stays a key.
  return Object.fromEntries(merged);
}

/** How many leading keys of the path a map has: tells which of two layers a value at that path came from. */
export function depthOfPath(map: ConfigMap, path: readonly PropertyKey[]): number {
  let value: unknown = map;
  for (const [depth, key] of path.entries()) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return depth;
    value = Reflect.get(value, key);
  }
  return path.length;
}

/** The value at a path, or undefined. */
export function valueAtPath(map: ConfigMap, path: readonly PropertyKey[]): unknown {
  let value: unknown = map;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
