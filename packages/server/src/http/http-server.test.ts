import type { FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import type { IdempotencyStore } from '../idempotency/store.ts';
import { createContracts } from '../versions/contract.ts';
import { versionDeclarations } from '../versions/declarations.ts';
import { createVersionRegistry } from '../versions/version-registry.ts';
import { jsonRoute, rawRoute } from './api-route.ts';
import { createHttpServer, type HttpServerOptions } from './http-server.ts';

const params = z.object({ id: z.string() });
const reply = (body: unknown) => ({ status: 200, body });
const responses = {};
const common = { summary: '', tag: 'test', security: 'none', responses } as const;

const routes = [
  jsonRoute({
    ...common,
    method: 'GET',
    path: '/things/{id}',
    operationId: 'getThing',
    params,
    query: z.strictObject({ limit: z.coerce.number().int().max(9).default(5) }),
    handle: (input) => reply({ id: input.params.id, limit: input.query.limit }),
  }),
  jsonRoute({
    ...common,
    method: 'DELETE',
    path: '/things/{id}',
    operationId: 'deleteThing',
    params,
    handle: (input) => reply({ deleted: input.params.id }),
  }),
  jsonRoute({
    ...common,
    method: 'POST',
    path: '/things',
    operationId: 'createThing',
    body: z.strictObject({ name: z.string() }),
    handle: ({ body }) => ({ status: 201, body, headers: { 'cache-control': 'no-store' } }),
  }),
  jsonRoute({
    ...common,
    method: 'POST',
    path: '/optional',
    operationId: 'optional',
    body: z.strictObject({ name: z.string() }),
    bodyOptional: true,
    handle: ({ body }) => reply({ given: body ?? null }),
  }),
  jsonRoute({
    ...common,
    method: 'GET',
    path: '/admin',
    operationId: 'admin',
    security: 'admin',
    handle: () => reply('secret'),
  }),
  jsonRoute({
    ...common,
    method: 'GET',
    path: '/broken',
    operationId: 'broken',
    handle: () => Promise.reject(new Error('the password is hunter2')),
  }),
  jsonRoute({
    ...common,
    method: 'GET',
    path: '/unserialisable',
    operationId: 'unserialisable',
    handle: () => reply({ count: 1n }),
  }),
  jsonRoute({
    ...common,
    method: 'GET',
    path: '/api/status.php',
    operationId: 'health',
    handle: () => reply({ status: 'pass' }),
  }),
  rawRoute({
    ...common,
    method: 'POST',
    path: '/signed',
    operationId: 'signed',
    takesRawBody: true,
    handle: (request, answer) => {
      const { body } = request;
      answer.hijack();
      answer.raw.end(Buffer.isBuffer(body) ? body.toString('hex') : typeof body);
      return Promise.resolve();
    },
  }),
  rawRoute({
    ...common,
    method: 'GET',
    path: '/stream',
    operationId: 'stream',
    handle: (_request, answer) => {
      answer.hijack();
      answer.raw.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.raw.write('data: 1\n\n');
      return Promise.resolve();
    },
  }),
  rawRoute({
    ...common,
    method: 'GET',
    path: '/address',
    operationId: 'address',
    handle: (request, answer) => {
      answer.hijack();
      answer.raw.end(request.clientAddress);
      return Promise.resolve();
    },
  }),
];

const documentationUrl = 'http://docs.example/errors';

/** No request here sends an Idempotency-Key. */
const unused = () => Promise.reject(new Error('not used'));
const idempotency: IdempotencyStore = {
  claim: unused,
  complete: unused,
  completeStream: unused,
  release: unused,
  expire: unused,
  close: unused,
};
const contracts = createContracts({
  registry: createVersionRegistry(versionDeclarations),
  clock: createManualClock(),
  publicUrl: 'http://api.example',
  deprecationForm: 'rfc9745',
  deprecatedEndpoints: [],
});

describe('the HTTP server', () => {
  let app: FastifyInstance;
  let draining: boolean;
  let active: number;
  let answered: { route: string; method: string; status: number }[];
  let noticed: (() => void) | undefined;
  let logger: ReturnType<typeof createRecordingLogger>;
  let sockets: Socket[];

  const build = (change: Partial<HttpServerOptions> = {}) =>
    createHttpServer({
      routes,
      clock: createManualClock(),
      logger,
      contracts,
      idempotency,
      documentationUrl,
      trustedProxies: [],
      bodyLimitBytes: 1_000,
      maxJsonDepth: 8,
      headersTimeoutMs: 60_000,
      requestTimeoutMs: 60_000,
      requireAdmin: ({ headers: { authorization } }) => {
        if (authorization !== 'Bearer admin')
          throw new AppError('INVALID_ADMIN_TOKEN', 'The admin token is wrong.', {
            headers: { 'www-authenticate': 'Bearer' },
          });
        return undefined;
      },
      isDraining: () => draining,
      onRequest: () => {
        active += 1;
      },
      onResponse: ({ route, method, status }) => {
        active -= 1;
        answered.push({ route, method, status });
        noticed?.();
      },
      ...change,
    });

  beforeEach(() => {
    draining = false;
    active = 0;
    answered = [];
    noticed = undefined;
    sockets = [];
    logger = createRecordingLogger();
    app = build();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    app.server.closeAllConnections();
    await app.close();
  });

  const port = async (): Promise<number> => {
    await app.listen({ port: 0, host: '127.0.0.1' });
    const address = app.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const open = async (): Promise<Socket> => {
    const socket = connect(await port(), '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** All that comes until the server closes. */
  const readAll = async (socket: Socket): Promise<string> => {
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    if (!socket.closed) await once(socket, 'close');
    return text;
  };
  /** Resolves when so many requests have ended. */
  const ended = (count: number): Promise<void> =>
    new Promise((resolve) => {
      noticed = () => {
        if (answered.length >= count) resolve();
      };
      noticed();
    });
  const post = (url: string, payload: string | Buffer, contentType = 'application/json') =>
    app.inject({ method: 'POST', url, payload, headers: { 'content-type': contentType } });
  const codeOf = (response: { json(): unknown }) => (response.json() as { error: { code: string } }).error.code;

  describe('finds the route', () => {
    test('hands a signed body over as it came', async () => {
      const payload = '{ "a":1,  "a":1 }';
      const headers = { 'content-type': 'application/json' };
      const answer = await app.inject({ method: 'POST', url: '/signed', payload, headers });
      expect(answer.body).toBe(Buffer.from(payload).toString('hex'));
    });

    test('shows the page for a missing address where there is one, else the JSON error', async () => {
      const page = { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>Nothing here</h1>' };
      const seen: string[] = [];
      const shown = build({
        renderMissing: ({ path, method }) => {
          seen.push(`${method} ${path}`);
          if (path === '/broken-page') return Promise.reject(new Error('no template'));
          return Promise.resolve(path.startsWith('/api') ? undefined : page);
        },
      });
      expect(await shown.inject('/nowhere?x=1')).toMatchObject({ statusCode: 404, body: page.body });
      for (const url of ['/api/nowhere', '/broken-page'])
        expect((await shown.inject(url)).json()).toMatchObject({ error: { code: 'ENDPOINT_NOT_FOUND' } });
      expect((await shown.inject({ method: 'DELETE', url: '/things' })).statusCode).toBe(405);
      expect(seen).toEqual(['GET /nowhere', 'GET /api/nowhere', 'GET /broken-page']);
      await shown.close();
    });

    test('and gives the handler what was checked', async () => {
      const response = await app.inject('/things/a%2Fb?limit=7');
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(response.json()).toEqual({ id: 'a/b', limit: 7 });
      expect((await post('/things', '{"name":"é"}')).json()).toEqual({ name: 'é' });
    });

    test('or answers 404 as JSON, with what leads on', async () => {
      for (const url of ['/nothing', '/things/1/2', '/', '/things/']) {
        const response = await app.inject(url === '/things/' ? { method: 'PUT', url } : url);
        expect([url, response.statusCode]).toEqual([url, 404]);
        expect(response.json()).toEqual({
          error: {
            message: `No endpoint at ${url}. See /openapi.json.`,
            type: 'not_found',
            param: null,
            code: 'ENDPOINT_NOT_FOUND',
            documentation_url: `${documentationUrl}#endpoint_not_found`,
          },
        });
        expect(response.headers['x-should-retry']).toBe('false');
      }
    });

    test('or 404, not 405, where the method is right but the path is too long for the router', async () => {
      expect((await app.inject(`/things/${'x'.repeat(300)}`)).statusCode).toBe(404);
    });

    test('or answers 405 with the methods there are', async () => {
      const response = await app.inject({ method: 'PUT', url: '/things/1' });
      expect(response.statusCode).toBe(405);
      expect(response.headers.allow).toBe('DELETE, GET, HEAD, OPTIONS');
      expect(codeOf(response)).toBe('METHOD_NOT_ALLOWED');
      expect((await app.inject({ method: 'HEAD', url: '/things' })).statusCode).toBe(405);
    });

    test('and tells the methods to OPTIONS', async () => {
      const response = await app.inject({ method: 'OPTIONS', url: '/things' });
      expect([response.statusCode, response.headers.allow, response.body]).toEqual([204, 'OPTIONS, POST', '']);
      expect((await app.inject({ method: 'OPTIONS', url: '/nothing' })).statusCode).toBe(404);
    });

    test('and answers HEAD as GET without the body', async () => {
      const response = await app.inject({ method: 'HEAD', url: '/things/1' });
      expect([response.statusCode, response.body]).toEqual([200, '']);
      expect(response.headers['content-length']).toBe('20');
    });

    test('and refuses a path that is none', async () => {
      const response = await app.inject('/things/%E0%A4%A');
      expect([response.statusCode, codeOf(response)]).toEqual([400, 'INVALID_REQUEST']);
    });
  });

  describe('refuses a body', () => {
    test.each([
      ['malformed', '{"name":', 'INVALID_JSON', 400],
      ['empty', '', 'INVALID_JSON', 400],
      ['of the wrong type', '{"name":1}', 'INVALID_REQUEST', 400],
      ['with a field that is not known', '{"name":"a","nam":1}', 'INVALID_REQUEST', 400],
      ['nested too deeply', `${'['.repeat(9)}${']'.repeat(9)}`, 'NESTING_TOO_DEEP', 400],
      ['not in UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'INVALID_UTF8', 400],
      ['too large', JSON.stringify({ name: 'x'.repeat(1_000) }), 'PAYLOAD_TOO_LARGE', 413],
    ])('that is %s', async (_what, payload, code, status) => {
      const response = await post('/things', payload);
      expect([response.statusCode, codeOf(response)]).toEqual([status, code]);
    });

    test.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
    ])('of type %s', async (type) => {
      const response = await post('/things', 'name=a', type);
      expect([response.statusCode, codeOf(response)]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    });

    test('but not for the charset beside its type', async () => {
      expect((await post('/things', '{"name":"a"}', 'application/json; charset=utf-8')).statusCode).toBe(201);
    });

    test('that is missing, unless it may be', async () => {
      expect((await app.inject({ method: 'POST', url: '/things' })).statusCode).toBe(400);
      expect((await app.inject({ method: 'POST', url: '/optional' })).json()).toEqual({ given: null });
      expect((await post('/optional', '')).json()).toEqual({ given: null });
      expect((await post('/optional', '{"name":"a"}')).json()).toEqual({ given: { name: 'a' } });
    });
  });

  describe('takes the request id', () => {
    test.each(['abcd1234', 'req_0123456789abcdef01234567', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'])(
      '%s as the client sent it',
      async (id) => {
        expect((await app.inject({ url: '/things/1', headers: { 'x-request-id': id } })).headers['x-request-id']).toBe(
          id,
        );
        expect((await app.inject({ url: '/nothing', headers: { 'x-request-id': id } })).headers['x-request-id']).toBe(
          id,
        );
      },
    );

    test.each(['short', 'x'.repeat(129), 'with space 123', '<script>alert</script>', '-leading-dash', ''])(
      'not as %j: it makes its own',
      async (id) => {
        expect(
          (await app.inject({ url: '/things/1', headers: { 'x-request-id': id } })).headers['x-request-id'],
        ).toMatch(/^req_[0-9a-f]{24}$/);
      },
    );
  });

  test('lets only the admin in where a route is the admin’s', async () => {
    const refused = await app.inject('/admin');
    expect([refused.statusCode, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect((await app.inject({ url: '/admin', headers: { authorization: 'Bearer admin' } })).body).toBe('secret');
  });

  test('tells nothing of what went wrong inside, and logs it with the request id', async () => {
    const response = await app.inject('/broken');
    expect([response.statusCode, codeOf(response)]).toEqual([500, 'INTERNAL_ERROR']);
    expect(response.body).not.toContain('hunter2');
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { requestId: response.headers['x-request-id'], reason: 'the password is hunter2' } },
    ]);
  });

  test('answers also where an answer cannot be made into JSON', async () => {
    expect((await app.inject('/unserialisable')).statusCode).toBe(500);
  });

  test('refuses everything but health once it is draining', async () => {
    draining = true;
    for (const url of ['/things/1', '/nothing', '/admin']) {
      const response = await app.inject(url);
      expect([
        response.statusCode,
        codeOf(response),
        response.headers['retry-after'],
        response.headers.connection,
      ]).toEqual([503, 'SHUTTING_DOWN', '1', 'close']);
    }
    expect((await app.inject('/api/status.php?simple')).statusCode).toBe(200);
  });

  test('believes X-Forwarded-For only from a proxy it trusts', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    expect((await app.inject({ url: '/address', headers, remoteAddress: '10.0.0.1' })).body).toBe('10.0.0.1');
    await app.close();
    app = build({ trustedProxies: ['10.0.0.0/8'] });
    expect((await app.inject({ url: '/address', headers, remoteAddress: '10.0.0.1' })).body).toBe('198.51.100.7');
  });

  describe('over a real connection', () => {
    test('counts every request to its end, also when the client leaves in the middle', async () => {
      const socket = await open();
      socket.write('GET /stream HTTP/1.1\r\nhost: x\r\n\r\n');
      await once(socket, 'data');
      expect(active).toBe(1);
      socket.destroy();
      await ended(1);
      expect(active).toBe(0);
      expect(answered).toEqual([{ route: '/stream', method: 'GET', status: 200 }]);
    });

    test('counts a body that the client broke off as the client’s mistake', async () => {
      const socket = await open();
      socket.write(
        'POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"na',
      );
      await once(app.server, 'request').catch(() => undefined);
      socket.destroy();
      await ended(1);
      expect(active).toBe(0);
      expect(logger.lines).toEqual([]);
    });

    test.each([
      ['nonsense', 'HELLO\r\n\r\n', 400, 'INVALID_REQUEST'],
      [
        'headers that are too large',
        `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`,
        431,
        'HEADERS_TOO_LARGE',
      ],
      [
        'two different lengths',
        'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
        400,
        'INVALID_REQUEST',
      ],
      [
        'a length beside chunks',
        'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
        400,
        'INVALID_REQUEST',
      ],
    ])('answers %s with JSON and closes', async (_what, request, status, code) => {
      const socket = await open();
      socket.write(request);
      const answer = await readAll(socket);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
      expect(answer).toContain(`"code":"${code}"`);
      expect(answer).toMatch(/x-request-id: req_[0-9a-f]{24}/);
    });

    test('never writes an error into an answer that has begun', async () => {
      const socket = await open();
      socket.write('GET /stream HTTP/1.1\r\nhost: x\r\n\r\n');
      await once(socket, 'data');
      socket.write('NONSENSE\r\n\r\n');
      expect(await readAll(socket)).not.toContain('HTTP/1.1 400');
    });

    test('cuts off headers that come too slowly, and goes on serving others', async () => {
      await app.close();
      app = build({ headersTimeoutMs: 50, requestTimeoutMs: 100 });
      const socket = await open();
      socket.write('GET /things/1 HTTP/1.1\r\nhost: x\r\nx-slow: ');
      const address = app.server.address();
      const origin = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}`;
      expect((await fetch(`${origin}/things/1`)).status).toBe(200);
      const answer = await readAll(socket);
      expect(answer).toMatch(/^HTTP\/1.1 408 /);
      expect((await fetch(`${origin}/things/1`)).status).toBe(200);
    });

    test('cuts off a body that comes too slowly', async () => {
      await app.close();
      app = build({ headersTimeoutMs: 50, requestTimeoutMs: 100 });
      const socket = await open();
      socket.write(
        'POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"na',
      );
      expect(await readAll(socket)).toMatch(/^HTTP\/1.1 408 /);
      await ended(1);
      expect(active).toBe(0);
    });

    test.each([
      ['said to be too large', 'content-length: 50000000'],
      ['that grows too large', 'transfer-encoding: chunked'],
    ])('answers 413 to a body %s before all of it has come', async (_what, header) => {
      const socket = await open();
      socket.write(`POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${header}\r\n\r\n`);
      socket.write(header.startsWith('t') ? `7d0\r\n${'x'.repeat(2_000)}\r\n` : 'x'.repeat(2_000));
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      expect(bytes.toString()).toMatch(/^HTTP\/1.1 413 /);
      await ended(1);
    });

    test('lets a client that sends a body far too large read the answer', async () => {
      const origin = `http://127.0.0.1:${String(await port())}`;
      for (let round = 0; round < 5; round += 1) {
        const response = await fetch(`${origin}/things`, {
          method: 'POST',
          body: 'x'.repeat(30_000_000),
          headers: { 'content-type': 'application/json' },
        });
        expect(response.status).toBe(413);
        await response.text();
      }
    });
  });
});
