import type { z } from 'zod';
import { quoted, type Problem } from './config-error.ts';
import { withoutCredentials } from './environment.ts';
import { describeSchema, schemaAtPath, type JsonSchema } from './json-schema.ts';
import { nearestName } from './nearest-name.ts';
import { depthOfPath, isConfigMap, valueAtPath, type ConfigMap } from './overlay.ts';

export interface SettingsSources {
  readonly overlay: ConfigMap;
  /** The file of the overlay as the operator wrote it, if there is one. */
  readonly overlayFile: string | undefined;
  readonly preset: ConfigMap;
  readonly presetFile: string;
  /** Preset and overlay together, references to variables not filled in: what they stand for may be secret. */
  readonly merged: ConfigMap;
  readonly schema: JsonSchema;
}

/** What validation found, in words an operator can act on. Unknown keys come first: they are often the cause of others. */
export function settingsProblems(issues: readonly z.core.$ZodIssue[], sources: SettingsSources): Problem[] {
  const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
  const others = issues.filter((issue) => issue.code !== 'unrecognized_keys');
  return [
    ...unknown.flatMap((issue) => unknownKeys(issue, sources)),
    ...others.map((issue) => problemOf(issue, sources)),
  ];
}

/** A key and the file it is in: `plans.personal.requests_per_minute (my.yaml)`. */
export function keyWithFile(
  path: readonly PropertyKey[],
  { overlay, overlayFile, preset, presetFile }: SettingsSources,
): string {
  const fromOverlay = overlayFile !== undefined && depthOfPath(overlay, path) >= depthOfPath(preset, path);
  return `${writtenPath(path)} (${fromOverlay ? overlayFile : presetFile})`;
}

/** `models."gpt-4.1".targets[0]`: keys that hold dots or blanks are quoted. */
function writtenPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${String(key)}]`;
      const text = String(key);
      return `${index === 0 ? '' : '.'}${/^[A-Za-z0-9_-]+$/.test(text) ? text : quoted(text)}`;
    })
    .join('');
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, sources: SettingsSources): Problem[] {
  const known = Object.keys(schemaAtPath(sources.schema, issue.path)?.properties ?? {});
  return issue.keys.map((key) => {
    const nearest = nearestName(key, known);
    return {
      key: keyWithFile([...issue.path, key], sources),
      found: `an unknown key${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`,
      allowed: known.join(', '),
    };
  });
}

function problemOf(issue: z.core.$ZodIssue, sources: SettingsSources): Problem {
  const key = keyWithFile(issue.path, sources);
  if (issue.code === 'invalid_key') return invalidKey(issue.path, key, sources);
  const schema = schemaAtPath(sources.schema, issue.path);
  const allowed = issue.code === 'custom' || schema === undefined ? issue.message : describeSchema(schema);
  return { key, found: describeFound(valueAtPath(sources.merged, issue.path), issue.path, schema), allowed };
}

/** The name of a model, plan or upstream does not fit. */
function invalidKey(path: readonly PropertyKey[], key: string, sources: SettingsSources): Problem {
  const names = schemaAtPath(sources.schema, path.slice(0, -1))?.propertyNames;
  return {
    key,
    found: `the name ${quoted(String(path.at(-1)))}`,
    allowed: typeof names === 'object' ? describeSchema(names) : 'another name',
  };
}

function describeFound(value: unknown, path: readonly PropertyKey[], schema: JsonSchema | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isConfigMap(value)) return 'a map';
  if (mayBeSecret(path, schema)) return 'a value (not shown)';
  if (typeof value !== 'string') return JSON.stringify(value);
  return schema?.format === 'uri' && !value.includes('${') && value.includes('@')
    ? withoutCredentials(value)
    : quoted(value);
}

/** API keys and headers of an upstream, and a scalar where a map or list belongs: nobody knows what it was to be. */
function mayBeSecret(path: readonly PropertyKey[], schema: JsonSchema | undefined): boolean {
  if (path[0] !== 'upstreams') return false;
  return path[2] === 'api_key' || path[2] === 'headers' || schema?.type === 'object' || schema === undefined;
}
