import { errorResponse } from '@turnpike/contract/error-response';
import type { z } from 'zod';
import type { ApiRoute } from '../api-route.ts';
import { takesMultipart } from '../multipart-route.ts';
import { exampleOf } from './example.ts';
import { pageParameters } from './fixed-components.ts';
import type { JsonSchema, SchemaComponents } from './schema-components.ts';

const reference = (section: string, name: string): JsonSchema => ({ $ref: `#/components/${section}/${name}` });

function parameterOf(
  components: SchemaComponents,
  place: 'path' | 'query',
  [name, { description, ...schema }]: readonly [string, JsonSchema],
  isRequired: boolean,
): JsonSchema {
  const page = place === 'query' ? pageParameters[name] : undefined;
  if (page !== undefined && JSON.stringify(page.parameter['schema']).length === JSON.stringify(schema).length)
    return reference('parameters', page.component);
  return {
    name,
    in: place,
    required: place === 'path' || isRequired,
    ...(description === undefined ? {} : { description }),
    schema,
    ...(place === 'path' || isRequired ? { example: exampleOf(schema, components) } : {}),
  };
}

function parameters(components: SchemaComponents, place: 'path' | 'query', schema: z.ZodObject | undefined) {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = components.add(schema, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map((entry) => parameterOf(components, place, entry, required.includes(entry[0])));
}

/** Headers that routes share. */
function headers(route: ApiRoute): JsonSchema[] {
  if (route.unversioned === true) return [];
  const names = ['ApiVersion'];
  if (route.method !== 'GET') names.push('IdempotencyKey');
  if (route.isResumable === true) names.push('LastEventId');
  const own = names.map((name) => reference('parameters', name));
  const { preferences } = route;
  if (preferences === undefined) return own;
  const schema = { type: 'string', enum: preferences };
  return [
    ...own,
    { name: 'Prefer', in: 'header', required: false, description: 'RFC 7240; others are passed over', schema },
  ];
}

function isCounted({ security, isLimited }: ApiRoute): boolean {
  return isLimited === true || security === 'key' || security === 'optional';
}

const limitHeaders = Object.fromEntries(
  ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'].map((name) => [name, reference('headers', name)]),
);

function content(components: SchemaComponents, type: string, schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const json = components.add(schema, io);
  const isText = type !== 'application/json' && type !== 'multipart/form-data';
  return { [type]: { schema: json, ...(isText ? {} : { example: exampleOf(json, components) }) } };
}

/** What can go wrong, by what the route takes. */
function errorStatuses(route: ApiRoute): readonly (readonly [number, string])[] {
  const takes = route.body !== undefined || route.query !== undefined || route.params !== undefined;
  const isGuarded =
    route.security === 'key' ||
    route.security === 'admin' ||
    route.security === 'optional' ||
    route.security === 'session';
  const all: readonly (readonly [number, string, boolean])[] = [
    [400, 'A field of the request is missing or wrong', takes || route.unversioned !== true],
    [401, 'The credential is missing or wrong', isGuarded],
    [403, 'The credential does not allow this', route.scope !== undefined],
    [404, 'There is no such resource', route.params !== undefined],
    [409, 'The idempotency key was used for another request', route.method !== 'GET' && route.unversioned !== true],
    [413, 'The body is too large', route.body !== undefined],
    [429, 'A limit is used up for now', isCounted(route)],
  ];
  const own = Object.entries(route.errors ?? {}).map(([status, description]) => [Number(status), description] as const);
  return [...all.flatMap(([status, text, applies]) => (applies ? [[status, text] as const] : [])), ...own];
}

function responses(components: SchemaComponents, route: ApiRoute): JsonSchema {
  const error = content(components, 'application/json', route.errorSchema ?? errorResponse, 'output');
  const streams = route.streams === true || route.isResumable === true;
  const events = streams ? { 'text/event-stream': { schema: { type: 'string' } } } : {};
  const documented = Object.entries(route.responses).map(([status, { description, schema, contentType }]) => [
    status,
    {
      description,
      ...(isCounted(route) ? { headers: limitHeaders } : {}),
      ...(schema === undefined
        ? {}
        : { content: { ...content(components, contentType ?? 'application/json', schema, 'output'), ...events } }),
    },
  ]);
  const refused = errorStatuses(route)
    .filter(([status]) => route.responses[status] === undefined)
    .map(([status, description]) => {
      const retry = status === 429 ? { headers: { 'Retry-After': reference('headers', 'Retry-After') } } : {};
      return [status, { description, ...retry, content: error }];
    });
  return {
    ...(Object.fromEntries([...documented, ...refused]) as JsonSchema),
    default: { description: 'An error, by the table of codes', content: error },
  };
}

/** The description, with the scope a key needs. */
function descriptionOf({ description, scope }: ApiRoute): JsonSchema {
  const needed = scope === undefined ? undefined : `Needs a key with the scope \`${scope}\`.`;
  const text = [description, needed].filter((part) => part !== undefined).join(' ');
  return text === '' ? {} : { description: text };
}

function securityOf({ security, scope }: ApiRoute): JsonSchema[] {
  if (security === 'none') return [{ noAuth: [] }, {}];
  const oauth2 = scope === undefined ? [] : [scope];
  if (security === 'optional') return [{ bearerAuth: [] }, { oauth2 }, {}];
  if (security === 'key') return [{ bearerAuth: [] }, { oauth2 }];
  if (security === 'session-token') return [{ hmacSessionToken: [] }];
  if (security === 'session') return [{ sessionCookie: [] }, { accessToken: [] }];
  return [{ adminToken: [] }];
}

/** One route as an operation of OpenAPI 3.1, from the very schemas that validate it. */
export function operationOf(components: SchemaComponents, route: ApiRoute): JsonSchema {
  const given = [
    ...parameters(components, 'path', route.params),
    ...parameters(components, 'query', route.query),
    ...headers(route),
  ];
  const bodyType = takesMultipart(route) ? 'multipart/form-data' : 'application/json';
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...descriptionOf(route),
    ...(route.action === undefined ? {} : { 'x-required-action': route.action }),
    tags: [route.tag],
    security: securityOf(route),
    ...(given.length === 0 ? {} : { parameters: given }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.bodyOptional !== true,
            content: content(components, bodyType, route.body, 'input'),
          },
        }),
    responses: responses(components, route),
  };
}
