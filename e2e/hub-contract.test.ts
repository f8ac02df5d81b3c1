import { execFile } from 'node:child_process';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, startTurnpike, temporaryFolder, type Turnpike } from './turnpike-process.ts';

/* Walks what the hub's contract (S1) fixes, without its prose, against the document served and the server behind it. */

type Json = Record<string, unknown>;
interface Parameter extends Json {
  readonly name: string;
  readonly in: string;
  readonly schema: Json;
}
interface Operation extends Json {
  readonly operationId: string;
  readonly parameters?: readonly Json[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Json }> };
  readonly responses: Record<
    string,
    { readonly content?: Record<string, { readonly schema: Json }>; readonly headers?: Json }
  >;
}
interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly webhooks?: Record<string, Record<string, Operation>>;
  readonly components: Record<string, Record<string, Json>>;
}

const contract = JSON.parse(
  await readFile(join(import.meta.dirname, 'contract/hub-contract.json'), 'utf8'),
) as OpenApi & { readonly tags: readonly string[] };
let turnpike: Turnpike;
let served: OpenApi & { readonly tags: readonly { readonly name: string }[] };

beforeAll(async () => {
  turnpike = await startTurnpike({ config: { hub: { chats_per_hour: 1_000 } } });
  served = (await (await fetch(`${turnpike.url}/openapi.json`)).json()) as typeof served;
});
afterAll(cleanUp);

function resolve(document: OpenApi, part: Json): Json {
  const { $ref: reference } = part;
  if (typeof reference !== 'string') return part;
  const [section = '', name = ''] = reference.split('/').slice(2);
  return document.components[section]?.[name] ?? {};
}

/** 3.0's `nullable`, as S1 writes it, in the words of 3.1. */
function modern(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(modern);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, modern(part)]));
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest;
}

function validatorOf(document: OpenApi) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document', components: document.components });
  return (schema: Json) => {
    const linked = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components')) as Json;
    const check = ajv.compile(linked);
    return (value: unknown): string[] => (check(value) ? [] : [ajv.errorsText(check.errors)]);
  };
}

/** What an alternative of a schema may be, flattened: the kinds of values and the choices there are. */
function optionsOf(document: OpenApi, given: Json): Json[] {
  const schema = resolve(document, given);
  const parts = (schema['anyOf'] ?? schema['oneOf']) as Json[] | undefined;
  return parts === undefined ? [schema] : parts.flatMap((part) => optionsOf(document, part));
}

const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('each operation of the contract', () => {
  test.each(operations)('is served: $method $path', ({ path, method, operation }) => {
    const ours = served.paths[path]?.[method];
    expect(ours?.operationId).toBe(operation.operationId);
    if (ours === undefined) return;
    const parameters = (ours.parameters ?? []).map((part) => resolve(served, part) as Parameter);
    for (const part of operation.parameters ?? []) {
      const theirs = resolve(contract, part) as Parameter;
      const own = parameters.find(({ name, in: place }) => name === theirs.name && place === theirs.in);
      expect(own, `${theirs.in} ${theirs.name}`).toBeDefined();
      expect(own?.schema['enum'] ?? []).toEqual(expect.arrayContaining((theirs.schema['enum'] ?? []) as unknown[]));
      if (theirs.schema['default'] !== undefined && theirs.in === 'query')
        expect(own?.schema['default']).toBe(theirs.schema['default']);
    }
    for (const type of Object.keys(operation.requestBody?.content ?? {}))
      expect(Object.keys(ours.requestBody?.content ?? {})).toContain(type);
    for (const [status, answer] of Object.entries(operation.responses)) {
      expect(Object.keys(ours.responses), status).toContain(status);
      for (const [type, { schema }] of Object.entries(answer.content ?? {})) {
        const own = ours.responses[status]?.content?.[type]?.schema;
        expect(own, `${status} ${type}`).toBeDefined();
        if (schema['$ref'] !== undefined) expect(own?.['$ref'], `${status} ${type}`).toBe(schema['$ref']);
      }
      for (const name of Object.keys(answer.headers ?? {}))
        expect(ours.responses[status]?.headers).toHaveProperty(name);
    }
  });

  test('and each named part is there', () => {
    for (const section of ['schemas', 'parameters', 'headers', 'securitySchemes'])
      expect(Object.keys(served.components[section] ?? {}), section).toEqual(
        expect.arrayContaining(Object.keys(contract.components[section] ?? {})),
      );
    expect(Object.keys(served.webhooks ?? {})).toEqual(expect.arrayContaining(Object.keys(contract.webhooks ?? {})));
    expect(served.tags.map(({ name }) => name)).toEqual(expect.arrayContaining([...contract.tags]));
  });
});

/** Sent by callers: what the contract demands no more than, we may not either. */
const requests = new Set(['ChatCompletionRequest', 'AskRequest', 'ChatMessage']);

describe('each schema of the contract', () => {
  test.each(Object.entries(contract.components['schemas'] ?? {}))('has its fields: %s', (name, schema) => {
    const ours = resolve(served, { $ref: `#/components/schemas/${name}` });
    const theirs = schema as { properties?: Record<string, Json>; required?: string[] };
    const required = (ours['required'] ?? []) as string[];
    if (requests.has(name)) expect(theirs.required ?? []).toEqual(expect.arrayContaining(required));
    else expect(required).toEqual(expect.arrayContaining(theirs.required ?? []));
    for (const [field, part] of Object.entries(theirs.properties ?? {})) {
      const own = (ours['properties'] as Record<string, Json> | undefined)?.[field];
      expect(own, field).toBeDefined();
      if (own === undefined || part['$ref'] !== undefined) continue;
      const options = optionsOf(served, own);
      const types = options.flatMap(({ type }) => (Array.isArray(type) ? (type as unknown[]) : [type]));
      expect(types, field).toContain(part['type']);
      // Names of models and sites are the preset's: what the contract lets callers send, we take.
      const sent = [...((part['enum'] ?? []) as unknown[]), part['default']].filter((value) => value !== undefined);
      for (const value of sent) expect(validatorOf(served)(own)(value), field).toEqual([]);
      const rules = ['maxLength', 'maxItems', 'minimum', 'maximum'];
      for (const rule of requests.has(name) ? rules : [...rules, 'pattern', 'format'])
        if (part[rule] !== undefined && !(rule === 'format' && part[rule] === 'int64'))
          expect(
            options.some((option) => option[rule] === part[rule]) || own[rule] === part[rule],
            `${field}.${rule}: ${JSON.stringify(own)}`,
          ).toBe(true);
      if (part['enum'] !== undefined && !requests.has(name))
        expect(
          options.flatMap((option) => (option['enum'] ?? []) as unknown[]),
          field,
        ).toEqual(expect.arrayContaining(part['enum'] as unknown[]));
      if (part['example'] !== undefined) expect(validatorOf(served)(own)(part['example']), field).toEqual([]);
    }
  });
});

const publicGets = ['consulting.json', 'training.json', 'hardware.json', 'discovery-call.json', 'site-meta.json']
  .concat('consulting.json?tier=retainer', 'chat-completion.php?action=token', 'ask.php', 'mcp.php', 'status.php')
  .concat('status.php?simple=true', 'jobs.php', 'tools.php', 'tools.php?dialect=gemini', 'capabilities.php')
  .map((path) => `/api/${path}`);

describe('answers', () => {
  test.each(publicGets)('fit the contract and the document served: GET %s', async (url) => {
    const response = await fetch(`${turnpike.url}${url}`);
    expect(response.status).toBe(200);
    const body: unknown = await response.json();
    const path = url.split('?')[0] ?? '';
    for (const document of [JSON.parse(JSON.stringify(modern(contract))) as OpenApi, served]) {
      const schema = document.paths[path]?.['get']?.responses['200']?.content?.['application/json']?.schema;
      expect(validatorOf(document)(schema ?? {})(body)).toEqual([]);
    }
  });

  const posts: [string, unknown, string][] = [
    ['/api/ask.php', { query: 'Which plans are there?', lang: 'en' }, '200'],
    ['/api/ask.php', { query: '' }, '400'],
    ['/api/jobs.php', { type: 'kb_refresh', input: {} }, '202'],
    ['/api/jobs.php', { type: 'other', input: {} }, '400'],
    ['/api/tools/call', { name: 'list_models', arguments: {} }, '200'],
    ['/api/tools/call', { name: 'unknown' }, '400'],
    ['/api/chat-completion.php', { message: 'Hello' }, '401'],
  ];
  test.each(posts)('fit the contract and the document served: POST %s %j', async (path, sent, status) => {
    const response = await fetch(`${turnpike.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sent),
    });
    expect(String(response.status)).toBe(status);
    const body: unknown = await response.json();
    for (const document of [JSON.parse(JSON.stringify(modern(contract))) as OpenApi, served]) {
      const schema = document.paths[path]?.['post']?.responses[status]?.content?.['application/json']?.schema;
      expect(schema).toBeDefined();
      expect(validatorOf(document)(schema ?? {})(body)).toEqual([]);
    }
  });
});

test('every example in the document served fits its schema', () => {
  const faults: string[] = [];
  const validate = validatorOf(served);
  const look = (where: string, schema: Json | undefined, example: unknown) => {
    if (schema === undefined || example === undefined) return;
    for (const fault of validate(schema)(example)) faults.push(`${where}: ${fault}`);
  };
  let examples = 0;
  for (const [path, methods] of Object.entries(served.paths))
    for (const [method, { parameters = [], requestBody, responses }] of Object.entries(methods)) {
      const media = [requestBody, ...Object.values(responses)].flatMap((part) => Object.entries(part?.content ?? {}));
      for (const [type, content] of media) {
        examples += 1;
        look(`${method} ${path} ${type}`, content.schema, (content as Json)['example']);
      }
      for (const part of parameters)
        look(`${method} ${path}`, resolve(served, part)['schema'] as Json, resolve(served, part)['example']);
    }
  expect(examples).toBeGreaterThan(100);
  expect(faults).toEqual([]);
});

test('the document served is clean by Redocly’s recommended rules, in each version and as YAML', async () => {
  const folder = await temporaryFolder();
  const cli = join(import.meta.dirname, '../node_modules/@redocly/cli/bin/cli.js');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const documents: [string, Record<string, string>][] = [
    ['openapi.json', {}],
    ['openapi.yaml', {}],
    ['openapi.json', { 'api-version': '2026-01-15' }],
  ];
  for (const [index, [name, headers]] of documents.entries()) {
    const file = join(folder, `${index}-${name}`);
    await writeFile(file, await (await fetch(`${turnpike.url}/${name}`, { headers })).text());
    const lint = [cli, 'lint', file, '--extends=recommended', '--format=json'];
    const { stdout } = await promisify(execFile)(process.execPath, lint, { env, maxBuffer: 50_000_000 }).catch(
      (error: unknown) => error as { stdout: string },
    );
    const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; message: string }[] };
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  }
}, 60_000);
