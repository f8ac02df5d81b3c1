import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../providers/provider.ts';
import { renderTools } from './dialects.ts';
import { geminiSchema } from './gemini-schema.ts';
import { closedSchema, strictSchema } from './strict-schema.ts';
import { typedTool } from './typed-tool.ts';

const tool = typedTool({
  name: 'find',
  title: 'Find',
  description: 'Finds things, for this test only.',
  input: z.strictObject({
    query: z.string().min(1).describe('What'),
    limit: z.int().min(1).max(9).optional(),
    kind: z.enum(['a', 'b']).default('a'),
    where: z.strictObject({ city: z.string(), zip: z.string().nullable() }).optional(),
  }),
  output: z.object({}),
  handle: () => ({}),
});

describe('OpenAI’s strict form', () => {
  test('closes objects, requires every property, and lets optional ones be null', () => {
    expect(strictSchema(tool.input)).toEqual({
      type: 'object',
      properties: {
        query: { type: 'string', description: 'What' },
        limit: { type: ['integer', 'null'] },
        kind: { type: ['string', 'null'], enum: ['a', 'b', null] },
        where: {
          type: ['object', 'null'],
          properties: { city: { type: 'string' }, zip: { type: ['string', 'null'] } },
          required: ['city', 'zip'],
          additionalProperties: false,
        },
      },
      required: ['query', 'limit', 'kind', 'where'],
      additionalProperties: false,
    });
  });

  test.each<JsonObject>([
    { type: 'object', properties: {} },
    { type: 'object', additionalProperties: { type: 'string' } },
    { type: 'object', additionalProperties: false, properties: { x: { oneOf: [{ type: 'string' }] } } },
    { type: 'object', additionalProperties: false, properties: { x: { type: 'array', items: { type: 'object' } } } },
  ])('is not claimed where it would mean something else: %j', (schema) => {
    expect(strictSchema(schema)).toBeUndefined();
    expect(closedSchema(schema)).toBeUndefined();
  });
});

/** Schemas of flat and nested objects, closed, as tools have them. */
const property: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom<JsonObject>({ type: 'string', minLength: 1 }, { type: 'integer', minimum: 0 }, { type: 'boolean' }),
  fc.record({ type: fc.constant('array'), items: fc.constantFrom({ type: 'string' }, { type: 'number' }) }),
);
const schema = fc
  .dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.tuple(property, fc.boolean()), { maxKeys: 5 })
  .map((parts): JsonObject => ({
    type: 'object',
    properties: Object.fromEntries(Object.entries(parts).map(([name, [part]]) => [name, part])),
    required: Object.entries(parts).flatMap(([name, [, required]]) => (required ? [name] : [])),
    additionalProperties: false,
  }));

const geminiFields =
  /^(?:type|format|title|description|nullable|enum|items|m(?:in|ax)Items|properties|required|m(?:in|ax)Properties|m(?:in|ax)imum|m(?:in|ax)Length|pattern|anyOf|default)$/;

function everySchema(value: JsonObject, visit: (schema: JsonObject) => void): void {
  visit(value);
  for (const part of Object.values((value['properties'] ?? {}) as Record<string, JsonObject>)) everySchema(part, visit);
  if (value['items'] !== undefined) everySchema(value['items'] as JsonObject, visit);
}

describe('whatever a tool takes', () => {
  test('every strict form is a valid schema that requires all its properties', () => {
    fc.assert(
      fc.property(schema, (given) => {
        const strict = strictSchema(given);
        expect(strict?.['required']).toEqual(Object.keys(strict?.['properties'] as object));
        expect(() => new Ajv2020({ strict: false }).compile(strict ?? {})).not.toThrow();
      }),
    );
  });

  test('Gemini gets only fields it has, types in capitals', () => {
    fc.assert(
      fc.property(schema, (given) => {
        everySchema(geminiSchema(given), (part) => {
          for (const field of Object.keys(part)) expect(field).toMatch(geminiFields);
          expect(part['type']).toMatch(/^[A-Z]+$/);
        });
      }),
    );
  });
});

describe('the dialects', () => {
  test('have the forms of their vendors', () => {
    const { input: parameters } = tool;
    expect(renderTools([tool], 'mistral')).toEqual([
      { type: 'function', function: { name: 'find', description: tool.description, parameters } },
    ]);
    expect(renderTools([tool], 'openai')[0]).toMatchObject({
      type: 'function',
      function: { name: 'find', strict: true },
    });
    expect(renderTools([tool], 'openai-responses')[0]).toMatchObject({ type: 'function', name: 'find', strict: true });
    expect(renderTools([tool], 'anthropic')[0]).toMatchObject({ name: 'find', input_schema: { required: ['query'] } });
    expect(renderTools([tool], 'gemini')[0]).toMatchObject({
      functionDeclarations: [{ name: 'find', parameters: { type: 'OBJECT' } }],
    });
  });

  test('do not claim strictness for a tool that takes anything', () => {
    const open = { ...tool, input: { type: 'object' as const } };
    expect(renderTools([open], 'openai')[0]).toMatchObject({ function: { strict: false, parameters: open.input } });
    expect(renderTools([open], 'anthropic')[0]).not.toHaveProperty('strict');
  });

  test('write Gemini’s unions, constants and choices as it has them', () => {
    expect(geminiSchema({ type: ['string', 'null'], const: 'x' })).toEqual({
      type: 'STRING',
      nullable: true,
      enum: ['x'],
    });
    expect(geminiSchema({ type: 'integer', enum: [1, 2] })).toEqual({ type: 'INTEGER' });
    expect(geminiSchema({ oneOf: [{ type: 'string' }, { type: 'number' }] })).toEqual({
      anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }],
    });
  });
});
