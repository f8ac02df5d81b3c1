import type { JsonSchema, SchemaComponents } from './schema-components.ts';

/** Deeper, only what must be there is shown. */
const wholeDepth = 3;
const deepest = 12;

const texts: Readonly<Record<string, string>> = {
  'date-time': '2026-05-18T09:00:00Z',
  date: '2026-05-18',
  uri: 'https://example.com/',
  email: 'person@example.com',
  uuid: '6f7b1f5c-9c4e-4a3a-9ec2-ef2c5e3a8e80',
};

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf({ format, minLength, pattern }: JsonSchema): string {
  if (typeof format === 'string' && texts[format] !== undefined) return texts[format];
  const text = typeof pattern === 'string' && pattern.includes('A-Z]{3}') ? 'EUR' : 'text';
  return typeof minLength === 'number' ? text.padEnd(minLength, 'x') : text;
}

function numberOf({ minimum, exclusiveMinimum, maximum }: JsonSchema): number {
  const least = typeof minimum === 'number' ? minimum : typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : 1;
  const bounded = Math.max(least, 1);
  return typeof maximum === 'number' ? Math.min(bounded, maximum) : bounded;
}

function objectOf(schema: JsonSchema, components: SchemaComponents, depth: number): JsonSchema {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const shown = Object.entries(properties).filter(([name]) => required.includes(name));
  return Object.fromEntries(
    shown.map(([name, part]) => [name, isSchema(part) ? exampleOf(part, components, depth + 1) : null]),
  );
}

function listOf({ items, minItems }: JsonSchema, components: SchemaComponents, depth: number): unknown[] {
  const needed = typeof minItems === 'number' ? minItems : depth < wholeDepth ? 1 : 0;
  return Array.from({ length: needed }, () => (isSchema(items) ? exampleOf(items, components, depth + 1) : 'text'));
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const given = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(given) ? (given as unknown[]).filter(isSchema) : [];
}

function byType(schema: JsonSchema, components: SchemaComponents, depth: number): unknown {
  const { type } = schema;
  const name: unknown = Array.isArray(type) ? (type as unknown[]).find((each) => each !== 'null') : type;
  switch (name) {
    case 'object':
      return objectOf(schema, components, depth);
    case 'array':
      return listOf(schema, components, depth);
    case 'string':
      return textOf(schema);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return {};
  }
}

/**
 * A value that fits a schema: the example that it states, else the smallest that says something.
 * @param schema JSON Schema 2020-12, with references into `components`
 */
export function exampleOf(given: JsonSchema, components: SchemaComponents, depth = 0): unknown {
  const { examples: own } = given;
  if (Array.isArray(own) && own.length > 0) return own[0] as unknown;
  const schema = { ...components.resolve(given) };
  const { examples, const: only, enum: choices, default: fallback } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0] as unknown;
  if (only !== undefined) return only;
  if (Array.isArray(choices)) return choices[0] as unknown;
  if (fallback !== undefined) return fallback;
  if (depth > deepest) return {};
  const [first] = alternatives(schema).filter(({ type }) => type !== 'null');
  if (first !== undefined) return exampleOf(first, components, depth);
  if (!Array.isArray(schema['allOf'])) return byType(schema, components, depth);
  const parts = (schema['allOf'] as unknown[]).filter(isSchema);
  return Object.assign({}, ...parts.map((part) => exampleOf(part, components, depth))) as unknown;
}
