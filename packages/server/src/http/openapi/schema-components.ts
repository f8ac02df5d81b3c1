import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

function relink(schema: JsonSchema): JsonSchema {
  const { id: _id, ...rest } = JSON.parse(
    JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as JsonSchema;
  return rest;
}

/** Turns zod schemas into JSON Schema with `$ref`s to named components; `input` is what a caller sends. */
export class SchemaComponents {
  readonly schemas: Record<string, JsonSchema> = {};

  add(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _dialect,
      $defs,
      ...root
    } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    for (const [name, definition] of Object.entries($defs ?? {})) this.schemas[name] = relink(definition);
    // A named schema is among its own definitions, and its root refers to that.
    return relink(root);
  }

  /** The schema that `$ref` names, or the one given. */
  resolve(schema: JsonSchema): JsonSchema {
    const { $ref: reference } = schema;
    if (typeof reference !== 'string') return schema;
    return this.schemas[reference.slice(reference.lastIndexOf('/') + 1)] ?? {};
  }
}
