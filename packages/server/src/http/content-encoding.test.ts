import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toAppError } from '../errors.ts';
import { acceptEncodings } from './content-encoding.ts';
import { fromFramework } from './framework-error.ts';

const limit = 10_000;

describe('a compressed body', () => {
  let app: FastifyInstance;
  beforeEach(() => {
    app = Fastify({ bodyLimit: limit });
    acceptEncodings(app, limit);
    app.setErrorHandler((error, _request, reply) => {
      const { code, definition } = toAppError(fromFramework(error, limit));
      return reply.code(definition.status).send({ code });
    });
    app.post('/', (request) => request.body);
  });
  afterEach(() => app.close());
  const send = (encoding: string, payload: Buffer) =>
    app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      payload,
    });
  const value = { text: 'grüße '.repeat(100) };
  const bytes = Buffer.from(JSON.stringify(value));

  test.each([
    ['gzip', gzipSync(bytes)],
    ['GZIP', gzipSync(bytes)],
    ['x-gzip', gzipSync(bytes)],
    ['deflate', deflateSync(bytes)],
    ['br', brotliCompressSync(bytes)],
    ['identity', bytes],
    ['', bytes],
  ])('in %j is read as what it was', async (encoding, payload) => {
    const response = await send(encoding, payload);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual(value);
  });

  test('may inflate to the bound and not a byte beyond', async () => {
    const body = (length: number) => gzipSync(JSON.stringify('x'.repeat(length - 2)));
    expect((await send('gzip', body(limit))).statusCode).toBe(200);
    const refused = await send('gzip', body(limit + 1));
    expect(refused.statusCode).toBe(413);
    expect(refused.json()).toEqual({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test.each(['gzip', 'deflate', 'br'])('that is not %s is refused', async (encoding) => {
    const refused = await send(encoding, bytes);
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toEqual({ code: 'INVALID_REQUEST' });
  });

  test('cut short anywhere is refused', async () => {
    const whole = gzipSync(bytes);
    for (let length = 0; length < whole.length; length += 7)
      expect((await send('gzip', whole.subarray(0, length))).statusCode, String(length)).toBe(400);
  });

  test.each(['zstd', 'gzip, br', 'compress'])('in %j is refused', async (encoding) => {
    expect((await send(encoding, bytes)).json()).toEqual({ code: 'UNSUPPORTED_MEDIA_TYPE' });
  });
});
