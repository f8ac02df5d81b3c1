/** A JSON Schema as the OpenAPI document has them. */
export type JsonSchema = Readonly<Record<string, unknown>>;
type Components = Readonly<Record<string, JsonSchema>>;

const texts: Readonly<Record<string, string>> = {
  'date-time': '2099-05-18T09:00:00Z',
  date: '2099-05-18',
  email: 'sample@example.com',
  uri: 'https://example.com/',
};

function schemaOf(value: unknown): JsonSchema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : undefined;
}

function schemasOf(value: unknown): readonly JsonSchema[] {
  const all: unknown[] = Array.isArray(value) ? value : [];
  return all.map(schemaOf).filter((schema) => schema !== undefined);
}

/** What a reference stands for. */
function resolved(schema: JsonSchema, components: Components): JsonSchema {
  const { $ref: reference } = schema;
  if (typeof reference !== 'string') return schema;
  const found = components[reference.split('/').at(-1) ?? ''];
  if (found === undefined) throw new Error(`the document has no ${reference}`);
  return resolved(found, components);
}

/** The members that an object may have, through references and combinations. */
export function propertiesOf(given: JsonSchema, components: Components): Readonly<Record<string, JsonSchema>> {
  const schema = resolved(given, components);
  const parts = [...schemasOf(schema['allOf']), ...schemasOf(schema['anyOf']), ...schemasOf(schema['oneOf'])];
  const own = Object.entries(schemaOf(schema['properties']) ?? {}).flatMap(([name, part]) => {
    const property = schemaOf(part);
    return property === undefined ? [] : [[name, property] as const];
  });
  return Object.assign({}, ...parts.map((part) => propertiesOf(part, components)), Object.fromEntries(own)) as Record<
    string,
    JsonSchema
  >;
}

function sampleObject(schema: JsonSchema, components: Components): unknown {
  const properties = Object.entries(propertiesOf(schema, components));
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const needed = properties.filter(([name]) => required.includes(name));
  // A change of nothing is refused: where nothing is required, something is named.
  const shown = needed.length > 0 ? needed : properties.slice(0, 1);
  return Object.fromEntries(shown.map(([name, part]) => [name, sampleOf(part, components)]));
}

function sampleText({ format, minLength }: JsonSchema): string {
  const text = (typeof format === 'string' ? texts[format] : undefined) ?? 'sample';
  return typeof minLength === 'number' ? text.padEnd(minLength, 'x') : text;
}

/** The smallest value that a schema takes. */
export function sampleOf(given: JsonSchema, components: Components): unknown {
  const schema = resolved(given, components);
  const { examples, const: only, enum: choices, minimum, exclusiveMinimum } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0] as unknown;
  if (only !== undefined) return only;
  if (Array.isArray(choices)) return choices[0] as unknown;
  const [first] = [...schemasOf(schema['anyOf']), ...schemasOf(schema['oneOf'])];
  if (first !== undefined) return sampleOf(first, components);
  const { type } = schema;
  switch (Array.isArray(type) ? (type as unknown[])[0] : type) {
    case 'string':
      return sampleText(schema);
    case 'integer':
    case 'number':
      return Number(minimum ?? Number(exclusiveMinimum ?? 0) + 1);
    case 'boolean':
      return true;
    case 'array': {
      const items = schemaOf(schema['items']);
      return items === undefined ? [] : [sampleOf(items, components)];
    }
    case 'null':
      return null;
    default:
      return sampleObject(schema, components);
  }
}
