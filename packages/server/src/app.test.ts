import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { routesOf } from './app.ts';
import { compose, type Composition } from './compose.ts';
import { systemClock } from './clock.ts';
import { loadConfig } from './config/load.ts';
import { copyPrepared } from './testing/global-setup.ts';
import { createRecordingLogger } from './testing/recording-logger.ts';

let dataDir: string;
let composition: Composition;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'turnpike-app-'));
  await rename(await copyPrepared(inject('preparedDatabase')), join(dataDir, 'database'));
  const presetsDir = new URL('../../../presets/', import.meta.url).pathname;
  const config = await loadConfig({ env: { DATA_DIR: dataDir }, cwd: dataDir, presetsDir });
  composition = await compose({
    config,
    discovered: Promise.resolve({ settings: config.settings }),
    clock: systemClock,
    logger: createRecordingLogger(),
    version: '0.0.0-test',
  });
});
afterAll(async () => {
  await composition.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Operation {
  readonly operationId: string;
  readonly responses: object;
}

/** Every value of a JSON document, with the objects it is in. */
function* walk(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* walk(inner);
}

describe('the OpenAPI document of the whole app', () => {
  const read = async () =>
    (await composition.app.inject('/openapi.json')).json<{
      openapi: string;
      paths: Record<string, Record<string, Operation>>;
      components: Record<string, Record<string, object>>;
    }>();

  test('has references that lead somewhere, and not to themselves', async () => {
    const document = await read();
    expect(document.openapi).toBe('3.1.0');
    const references = [...walk(document)]
      .map((node) => node['$ref'])
      .filter((reference) => typeof reference === 'string');
    expect(references.length).toBeGreaterThan(5);
    for (const reference of references) {
      const [, section = '', name = ''] = /^#\/components\/(\w+)\/([\w.-]+)$/.exec(reference) ?? [];
      const component = document.components[section]?.[name];
      expect(component, reference).toBeDefined();
      expect(component, reference).not.toHaveProperty('$ref');
    }
  });

  test('has every route, with its parameters and an operation id of its own', async () => {
    const { paths } = await read();
    const routes = routesOf(composition.services, () => Promise.resolve([])).routes.filter(
      ({ hidden }) => hidden !== true,
    );
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual(routes.map((route) => `${route.method} ${route.path}`).toSorted());
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map((operation) => operation.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const route of routes) {
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(Object.keys(route.params?.shape ?? {}), route.path).toEqual(inPath);
    }
  });

  test('has only routes that the server knows', async () => {
    for (const { method, path } of routesOf(composition.services, () => Promise.resolve([])).routes) {
      expect(composition.app.hasRoute({ method, url: path.replace(/\{(\w+)\}/g, ':$1') }), `${method} ${path}`).toBe(
        true,
      );
    }
  });
});

test('a tenant, a key and a question: the answer comes, and the key is refused once revoked', async () => {
  const { app, services } = composition;
  const admin = { authorization: `Bearer ${services.config.adminToken}` };
  const tenant = (
    await app.inject({ method: 'POST', url: '/admin/v1/tenants', headers: admin, payload: { name: 'Example' } })
  ).json<{ id: string }>();
  const key = (
    await app.inject({
      method: 'POST',
      url: `/admin/v1/tenants/${tenant.id}/keys`,
      headers: admin,
      payload: { name: 'first' },
    })
  ).json<{ id: string; key: string }>();
  const ask = () =>
    app.inject({
      method: 'POST',
      url: '/v1/chat/completions',
      headers: { authorization: `Bearer ${key.key}` },
      payload: { model: 'turnpike-demo', messages: [{ role: 'user', content: 'How do I rotate a key?' }] },
    });
  const answer = await ask();
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ object: 'chat.completion', model: 'turnpike-demo', usage: {} });
  expect(answer.headers['x-ratelimit-limit']).toBeDefined();
  expect((await app.inject({ method: 'DELETE', url: `/admin/v1/keys/${key.id}`, headers: admin })).statusCode).toBe(
    200,
  );
  expect((await ask()).statusCode).toBe(401);
  expect(services.activity.count).toBe(0);
});
