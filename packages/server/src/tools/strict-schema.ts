import type { JsonObject } from '../providers/provider.ts';
import { isObject, mapSubschemas } from './schema-walk.ts';

/** What strict modes understand; other keywords would have the whole request refused. We check the rest ourselves. */
const strictKeywords = new Set([
  'type',
  'title',
  'description',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'anyOf',
  '$ref',
  '$defs',
]);

/** Keywords that change which values are meant, so that they cannot just be left out. */
const meaningful = [
  'oneOf',
  'allOf',
  'not',
  'if',
  'patternProperties',
  'propertyNames',
  'dependentSchemas',
  'prefixItems',
  'contains',
];

function isClosed(schema: JsonObject): boolean {
  const isMap = schema['type'] === 'object' && schema['additionalProperties'] !== false;
  if (isMap || meaningful.some((keyword) => keyword in schema)) return false;
  let closed = true;
  mapSubschemas(schema, (below) => {
    closed &&= isClosed(below);
    return below;
  });
  return closed;
}

function orNull(schema: JsonObject): JsonObject {
  const { type, enum: values } = schema;
  if (typeof type === 'string')
    return {
      ...schema,
      type: [type, 'null'],
      ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}),
    };
  return { anyOf: [schema, { type: 'null' }] };
}

function known(schema: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(schema).filter(([keyword]) => strictKeywords.has(keyword)));
  return mapSubschemas(kept, known);
}

function allRequired(schema: JsonObject): JsonObject {
  const walked = mapSubschemas(schema, allRequired);
  const { properties } = walked;
  if (!isObject(properties)) return walked;
  const required = new Set(Array.isArray(walked['required']) ? (walked['required'] as unknown[]) : []);
  const entries = Object.entries(properties).map(([name, part]) => [
    name,
    required.has(name) || !isObject(part) ? part : orNull(part),
  ]);
  return { ...walked, properties: Object.fromEntries(entries) as JsonObject, required: Object.keys(properties) };
}

/**
 * A schema as OpenAI's strict mode has it: objects closed, every property required, an optional one nullable instead
 * (null counts as absent when the tool is called).
 * @returns undefined where that would change what is meant
 */
export function strictSchema(schema: JsonObject): JsonObject | undefined {
  return isClosed(schema) ? allRequired(known(schema)) : undefined;
}

/** A schema as Anthropic's strict mode has it: objects closed, optional properties stay so. */
export function closedSchema(schema: JsonObject): JsonObject | undefined {
  return isClosed(schema) ? known(schema) : undefined;
}
