import { errorResponse } from '@turnpike/contract/error-response';
import { z } from 'zod';
import type { ApiRoute } from './api-route.ts';
import { takesMultipart } from './multipart-route.ts';

interface DocumentInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly serverUrl: string;
}

type JsonSchema = Record<string, unknown>;

/** Turns zod schemas into JSON Schema with `$ref`s to named components; `input` is what a caller sends. */
class Components {
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
}

function relink(schema: JsonSchema): JsonSchema {
  const { id: _id, ...rest } = JSON.parse(
    JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as JsonSchema;
  return rest;
}

function parameters(components: Components, place: 'path' | 'query', schema: z.ZodObject | undefined): JsonSchema[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = components.add(schema, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: property,
  }));
}

function responses(components: Components, route: ApiRoute): JsonSchema {
  const errorContent = { 'application/json': { schema: components.add(route.errorSchema ?? errorResponse, 'output') } };
  const documented = Object.entries(route.responses).map(([status, response]) => [
    status,
    {
      description: response.description,
      ...(response.schema === undefined
        ? {}
        : {
            content: {
              [response.contentType ?? 'application/json']: { schema: components.add(response.schema, 'output') },
            },
          }),
    },
  ]);
  return {
    ...(Object.fromEntries(documented) as JsonSchema),
    default: { description: 'An error, by the table of codes', content: errorContent },
  };
}

/** Headers that routes share. */
function headerParameters(route: ApiRoute): JsonSchema[] {
  if (route.unversioned === true) return [];
  const headers = [
    {
      name: 'API-Version',
      in: 'header',
      required: false,
      description: 'Dated contract to speak; default: the pin of the key, else the latest',
      schema: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}(-preview)?$' },
    },
  ];
  if (route.method !== 'GET')
    headers.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'A retry with the same key and body gets the first answer again, for 24 hours',
      schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{8,128}$' },
    });
  if (route.isResumable === true)
    headers.push({
      name: 'Last-Event-ID',
      in: 'header',
      required: false,
      description: 'Go on after this event of a recorded stream',
      schema: { type: 'string', pattern: '^\\d+$' },
    });
  return headers;
}

function bodyTypeOf(route: ApiRoute): string {
  return takesMultipart(route) ? 'multipart/form-data' : 'application/json';
}

/** The description, with the scope a key needs. */
function descriptionOf({ description, scope }: ApiRoute): JsonSchema {
  const needed = scope === undefined ? undefined : `Needs a key with the scope \`${scope}\`.`;
  const text = [description, needed].filter((part) => part !== undefined).join(' ');
  return text === '' ? {} : { description: text };
}

function securityOf({ security }: ApiRoute): JsonSchema[] {
  if (security === 'none') return [];
  if (security === 'optional') return [{}, { apiKey: [] }];
  return [{ [security === 'admin' ? 'adminToken' : 'apiKey']: [] }];
}

function operation(components: Components, route: ApiRoute): JsonSchema {
  const given = [
    ...parameters(components, 'path', route.params),
    ...parameters(components, 'query', route.query),
    ...headerParameters(route),
  ];
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...descriptionOf(route),
    tags: [route.tag],
    security: securityOf(route),
    ...(given.length === 0 ? {} : { parameters: given }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.bodyOptional !== true,
            content: { [bodyTypeOf(route)]: { schema: components.add(route.body, 'input') } },
          },
        }),
    responses: responses(components, route),
  };
}

/** The OpenAPI 3.1 document of all routes, from the very schemas that validate them. */
export function buildOpenApi(routes: readonly ApiRoute[], info: DocumentInfo): JsonSchema {
  const components = new Components();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const shown = routes.filter(({ hidden }) => hidden !== true);
  for (const route of shown) {
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operation(components, route);
  }
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: info.version, description: info.description },
    servers: [{ url: info.serverUrl }],
    tags: [...new Set(shown.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of a tenant.' },
        adminToken: { type: 'http', scheme: 'bearer', description: 'The operator’s admin token.' },
      },
    },
  };
}
