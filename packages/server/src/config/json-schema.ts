import { z } from 'zod';
import { settingsSchema } from './schema.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** JSON Schema 2020-12 of complete settings, as a preset and its overlay together must give them. */
export function settingsJsonSchema(): JsonSchema {
  return z.toJSONSchema(settingsSchema, { io: 'input' });
}

/**
 * JSON Schema 2020-12 of a TURNPIKE_CONFIG file, for editors. As the file overlays a preset, no key of a map is required
 * and `null` (which removes a key) is allowed everywhere; items of lists are whole, because lists replace.
 */
export function overlayJsonSchema(): JsonSchema {
  const { $schema, ...schema } = asOverlay(settingsJsonSchema());
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: 'Turnpike configuration',
    description:
      'A file for TURNPIKE_CONFIG. It overlays the preset: maps merge by key, lists and scalars replace, null removes a key. ${NAME} in a text reads a variable of the environment; $$ is a dollar sign.',
    ...schema,
  };
}

function asOverlay(schema: JsonSchema): JsonSchema {
  const { properties, additionalProperties } = schema;
  const overlaid: JsonSchema = {
    ...schema,
    ...(properties === undefined ? {} : { properties: mapValues(properties, orNull) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: orNull(additionalProperties) } : {}),
  };
  delete overlaid.required;
  return overlaid;
}

function orNull(schema: JsonSchema | boolean): JsonSchema | boolean {
  if (typeof schema === 'boolean') return schema;
  const overlaid = schema.type === 'object' ? asOverlay(schema) : { ...schema };
  if (typeof overlaid.type === 'string') overlaid.type = [overlaid.type, 'null'];
  if (overlaid.enum !== undefined) overlaid.enum = [...overlaid.enum, null];
  return overlaid;
}

function mapValues<Value, Mapped>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Mapped,
): Record<string, Mapped> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** The part of a schema that says what may stand at a path, or undefined where nothing may. */
export function schemaAtPath(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let at: JsonSchema | undefined = schema;
  for (const key of path) {
    if (at === undefined) return undefined;
    const next: JsonSchema['items'] =
      at.type === 'array' ? at.items : (ownSchema(at.properties, key) ?? at.additionalProperties);
    at = typeof next === 'object' && !Array.isArray(next) ? next : undefined;
  }
  return at;
}

function ownSchema(properties: JsonSchema['properties'], key: PropertyKey): JsonSchema | boolean | undefined {
  return properties !== undefined && typeof key === 'string' && Object.hasOwn(properties, key)
    ? properties[key]
    : undefined;
}

/** What a schema allows, in words. */
export function describeSchema(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ');
  switch (schema.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${describeRange(schema)}`;
    case 'number':
      return `a number${describeRange(schema)}`;
    case 'array':
      return describeList(schema);
    case 'object':
      return schema.properties === undefined ? 'a map' : `a map with ${Object.keys(schema.properties).join(', ')}`;
    case 'string':
      return describeText(schema);
    default:
      return schema.description ?? 'another value';
  }
}

function describeRange({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const from = minimum === undefined ? '' : ` from ${String(minimum)}`;
  const above = typeof exclusiveMinimum === 'number' ? ` above ${String(exclusiveMinimum)}` : '';
  const upTo = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : ` up to ${String(maximum)}`;
  return `${from}${above}${upTo}`;
}

function describeList({ items, minItems }: JsonSchema): string {
  const item = typeof items === 'object' && !Array.isArray(items) ? ` of: ${describeSchema(items)}` : '';
  return `a list${minItems === undefined ? '' : ` (${String(minItems)} or more)`}${item}`;
}

function describeText({ format, pattern, minLength, description }: JsonSchema): string {
  if (format === 'uri') return 'an http or https URL';
  if (pattern !== undefined && description !== undefined) return description;
  return minLength === undefined || minLength === 0 ? 'text' : 'text that is not empty';
}
