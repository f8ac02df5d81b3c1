import type { JsonObject } from '../providers/provider.ts';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Applies `change` to the schemas directly below one: its properties, items and alternatives. */
export function mapSubschemas(schema: JsonObject, change: (schema: JsonObject) => JsonObject): JsonObject {
  const below = (value: unknown): unknown => (isObject(value) ? change(value) : value);
  const each = (value: unknown): unknown => (Array.isArray(value) ? value.map(below) : below(value));
  const named = (value: unknown): unknown =>
    isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, below(part)])) : value;
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === 'properties' || keyword === '$defs') return [keyword, named(value)];
      if (keyword === 'items' || keyword === 'anyOf' || keyword === 'oneOf' || keyword === 'allOf')
        return [keyword, each(value)];
      return [keyword, value];
    }),
  );
}
