import type { JsonObject } from '../providers/provider.ts';
import { isObject, mapSubschemas } from './schema-walk.ts';

/** Fields of Gemini's Schema; it refuses all others. */
const geminiKeywords = new Set([
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'items',
  'minItems',
  'maxItems',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'anyOf',
  'default',
]);
/** Its fields of type int64, which are written as texts. */
const int64Keywords = ['minItems', 'maxItems', 'minProperties', 'maxProperties', 'minLength', 'maxLength'];

function typeOf(schema: JsonObject): JsonObject {
  const { type } = schema;
  if (typeof type === 'string') return { ...schema, type: type.toUpperCase() };
  if (!Array.isArray(type)) return schema;
  const names = (type as unknown[]).filter((name) => name !== 'null').map(String);
  const { type: _types, ...rest } = schema;
  const nullable = names.length < type.length ? { nullable: true } : {};
  if (names.length === 1) return { ...rest, ...nullable, type: (names[0] ?? '').toUpperCase() };
  return { ...rest, ...nullable, anyOf: names.map((name) => ({ type: name.toUpperCase() })) };
}

/** Gemini has no `const`, and its `enum` holds texts only: other lists are left out, the tool checks them itself. */
function choicesOf(schema: JsonObject): JsonObject {
  const { const: only, ...rest } = schema;
  const withConst = only === undefined ? schema : { ...rest, enum: [only] };
  const { enum: values, ...withoutEnum } = withConst as { enum?: unknown };
  if (!Array.isArray(values)) return withConst;
  const texts = values.filter((value) => typeof value === 'string');
  return texts.length === 0 ? withoutEnum : { ...withoutEnum, enum: texts };
}

/** A JSON Schema in Gemini's dialect of OpenAPI's Schema (`functionDeclarations[].parameters`). */
export function geminiSchema(schema: JsonObject): JsonObject {
  const { oneOf, allOf, ...plain } = schema;
  const alternatives = Array.isArray(oneOf) ? { anyOf: oneOf } : {};
  // All of several schemas: their union of properties is the nearest there is.
  const merged = Array.isArray(allOf) ? (allOf as unknown[]).filter(isObject) : [];
  const whole: JsonObject = Object.assign({}, ...merged, plain, alternatives) as JsonObject;
  const walked = mapSubschemas(choicesOf(typeOf(whole)), geminiSchema);
  return Object.fromEntries(
    Object.entries(walked)
      .filter(([keyword]) => geminiKeywords.has(keyword))
      .map(([keyword, value]) => [keyword, int64Keywords.includes(keyword) ? String(value) : value]),
  );
}
