import { fromJsonSchema, type JsonSchemaType, type JsonSchemaValidatorResult } from '@modelcontextprotocol/server';
import type { ObjectSchema } from '../tools/tool.ts';

/** The registry checks arguments and results itself, and says more about what is wrong with them. */
const unchecked = {
  getValidator:
    <T>(_schema: JsonSchemaType) =>
    (input: unknown): JsonSchemaValidatorResult<T> => ({ valid: true, data: input as T, errorMessage: undefined }),
};

/** A JSON Schema as the library takes schemas; told to clients as it is. */
export function declaredSchema(schema: ObjectSchema) {
  return fromJsonSchema<Record<string, unknown>>(schema, unchecked);
}
