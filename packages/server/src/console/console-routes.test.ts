import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import type { ConsoleConfig } from '@turnpike/contract/console';
import { createRepresentation } from '../hub/pages/representation.ts';
import type { ConsoleFiles } from './console-files.ts';
import { consoleRoutes } from './console-routes.ts';

let app: FastifyInstance;
afterEach(() => app.close());

const html = createRepresentation('<!doctype html>built', 'text/html; charset=utf-8');
const script = createRepresentation('run()', 'text/javascript; charset=utf-8');

function serve(files: Partial<ConsoleFiles>): FastifyInstance {
  app = Fastify();
  const none = () => Promise.resolve(undefined);
  const config = (): ConsoleConfig => ({ brand: { name: 'Example' } }) as ConsoleConfig;
  for (const route of consoleRoutes({ files: { page: none, asset: none, ...files }, config }))
    if (route.kind === 'raw')
      app.route({ method: route.method, url: route.path, handler: (request, reply) => route.handle(request, reply) });
  return app;
}

test.each(['/console', '/console/', '/console/keys', '/console/invitation/inv_1?x=1'])(
  'the page is at every address: %s',
  async (path) => {
    const answer = await serve({ page: () => Promise.resolve(html) }).inject(path);
    expect([answer.statusCode, answer.body]).toEqual([200, '<!doctype html>built']);
    expect(answer.headers['cache-control']).toBe('no-store');
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  },
);

test('what is not built yet says how to build it', async () => {
  const answer = await serve({}).inject('/console');
  expect(answer.statusCode).toBe(503);
  expect(answer.body).toContain('npm run build --workspace @turnpike/web');
});

test('a file is kept for ever; one that is gone is not the page', async () => {
  const asset = (name: string) => Promise.resolve(name === 'index-1.js' ? script : undefined);
  serve({ asset });
  const found = await app.inject('/console/assets/index-1.js');
  expect(found.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  });
  const gone = await app.inject('/console/assets/index-0.js');
  expect([gone.statusCode, gone.headers['cache-control'], gone.headers['content-type']]).toEqual([
    404,
    'no-store',
    'text/plain; charset=utf-8',
  ]);
});

test('the configuration is not a page', async () => {
  const answer = await serve({ page: () => Promise.resolve(html) }).inject('/console/config.json');
  expect(answer.json()).toEqual({ brand: { name: 'Example' } });
});
