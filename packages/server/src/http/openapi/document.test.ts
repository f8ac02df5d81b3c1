import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonRoute } from '../api-route.ts';
import { buildOpenApi } from './document.ts';

const inner = z.object({ size: z.int() }).meta({ id: 'Inner' });
const thing = z
  .object({ id: z.string(), inner, list: z.array(inner), maybe: z.string().nullable() })
  .meta({ id: 'Thing' });
const newThing = z.strictObject({ name: z.string().default('x'), inner: inner.optional() }).meta({ id: 'NewThing' });

const routes = [
  jsonRoute({
    method: 'GET',
    path: '/things/{id}',
    operationId: 'getThing',
    summary: 'Read a thing',
    tag: 'things',
    security: 'admin',
    params: z.object({ id: z.string() }),
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(9).default(5).describe('How many'),
      after: z.string().optional(),
    }),
    responses: { 200: { description: 'The thing', schema: thing } },
    handle: () => ({ status: 200, body: {} }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/things/{id}',
    operationId: 'createThing',
    summary: 'Make a thing',
    tag: 'things',
    security: 'none',
    params: z.object({ id: z.string() }),
    body: newThing,
    bodyOptional: true,
    responses: { 201: { description: 'The thing', schema: thing }, 204: { description: 'Nothing' } },
    handle: () => ({ status: 201, body: {} }),
  }),
];

describe('the OpenAPI document', () => {
  const document = JSON.parse(
    JSON.stringify(
      buildOpenApi(routes, {
        ...{ title: 'Test', version: '1', description: 'A test', serverUrl: 'http://127.0.0.1' },
        ...{ license: { name: 'None', url: 'http://127.0.0.1' }, documentationUrl: 'http://127.0.0.1/guide' },
      }),
    ),
  ) as {
    openapi: string;
    paths: Record<
      string,
      Record<
        string,
        { parameters: { in: string }[]; requestBody?: unknown; security: unknown; responses: Record<string, unknown> }
      >
    >;
    components: { schemas: Record<string, { required?: string[]; properties?: Record<string, unknown> }> };
  };

  test('is of version 3.1 and has each method under its path', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(['/things/{id}']);
    expect(Object.keys(document.paths['/things/{id}'] ?? {})).toEqual(['get', 'post']);
  });

  test('names parameters with what they may be', () => {
    const parameters = document.paths['/things/{id}']?.['get']?.parameters ?? [];
    expect(parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string' }, example: 'text' },
      {
        name: 'limit',
        in: 'query',
        required: false,
        description: 'How many',
        schema: { default: 5, type: 'integer', minimum: 1, maximum: 9 },
      },
      { name: 'after', in: 'query', required: false, schema: { type: 'string' } },
      { $ref: '#/components/parameters/ApiVersion' },
    ]);
  });

  test('keeps named schemas once and refers to them', () => {
    const { schemas } = document.components;
    expect(Object.keys(schemas).toSorted()).toEqual(['Error', 'Inner', 'NewThing', 'Thing']);
    expect(schemas['Thing']?.properties).toMatchObject({
      inner: { $ref: '#/components/schemas/Inner' },
      list: { items: { $ref: '#/components/schemas/Inner' } },
    });
    // What a caller may leave out is not required of it.
    expect(schemas['NewThing']?.required).toBeUndefined();
    expect(JSON.stringify(schemas)).not.toContain('"id":"');
  });

  test('says who may call and whether a body must be there', () => {
    const path = document.paths['/things/{id}'];
    expect(path?.['get']?.security).toEqual([{ adminToken: [] }]);
    expect(path?.['post']?.security).toEqual([{ noAuth: [] }, {}]);
    expect(path?.['post']?.requestBody).toMatchObject({
      required: false,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/NewThing' } } },
    });
    expect(path?.['post']?.responses).toMatchObject({
      204: { description: 'Nothing' },
      default: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    });
  });

  test('shows what is sent and answered', () => {
    expect(document.paths['/things/{id}']?.['get']?.responses).toMatchObject({
      200: {
        content: {
          'application/json': { example: { id: 'text', inner: { size: 1 }, list: [{ size: 1 }], maybe: 'text' } },
        },
      },
      401: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    });
  });

  test('tells what is sent to webhooks', () => {
    const schema = z.object({ type: z.literal('thing.made'), data: thing }).meta({ id: 'ThingMadeEvent' });
    const { webhooks, tags, components } = buildOpenApi(routes, {
      ...{ title: 'Test', version: '1', description: 'A test', serverUrl: 'http://127.0.0.1' },
      ...{ license: { name: 'None', url: 'http://127.0.0.1' }, documentationUrl: 'http://127.0.0.1/guide' },
      events: [{ type: 'thing.made', description: 'A thing was made', schema }],
    });
    expect(webhooks).toMatchObject({
      'thing.made': {
        post: {
          operationId: 'onThingMade',
          requestBody: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/ThingMadeEvent' } } },
          },
        },
      },
    });
    expect(tags).toContainEqual(expect.objectContaining({ name: 'events' }));
    expect(components).toMatchObject({
      schemas: { ThingMadeEvent: { properties: { type: { const: 'thing.made' } } } },
    });
  });
});
