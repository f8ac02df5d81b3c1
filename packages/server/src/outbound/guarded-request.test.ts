import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAddressGuard } from './address-guard.ts';
import { createOutboundClient } from './guarded-request.ts';

let server: Server;
let port = 0;
let asked = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked += 1;
    if (request.url === '/redirect') response.writeHead(302, { location: 'http://127.0.0.1/' }).end();
    else if (request.url === '/large') response.end('x'.repeat(5_000));
    else if (request.url === '/never') return;
    else response.writeHead(200, { 'content-type': 'text/plain' }).end(`${request.method ?? ''} ${request.url ?? ''}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const closed = createOutboundClient({ guard: createAddressGuard([]), maxBytes: 1_000 });
const open = createOutboundClient({ guard: createAddressGuard(['127.0.0.0/8', '::1']), maxBytes: 1_000 });
const get = (client: typeof open, url: string, signal = new AbortController().signal) =>
  client.request({ method: 'GET', url, signal });

describe('a server that somebody names', () => {
  test.each([
    ['127.0.0.1', 'an address'],
    ['localhost', 'a name'],
    ['[::ffff:127.0.0.1]', 'a mapped address'],
    ['2130706433', 'a number'],
    ['0x7f.1', 'a hexadecimal number'],
  ])('is not asked in a private network: %s (%s)', async (host) => {
    const before = asked;
    await expect(get(closed, `http://${host}:${port}/x`)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('not a public address') as string,
    });
    expect(asked).toBe(before);
  });

  test('is asked where its network is allowed', async () => {
    await expect(get(open, `http://127.0.0.1:${port}/x?y=1`)).resolves.toMatchObject({
      status: 200,
      text: 'GET /x?y=1',
    });
    await expect(get(open, `http://localhost:${port}/x`)).resolves.toMatchObject({ status: 200 });
  });

  test('cannot lead elsewhere by a redirect', async () => {
    await expect(get(open, `http://127.0.0.1:${port}/redirect`)).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });

  test('cannot answer without end', async () => {
    await expect(get(open, `http://127.0.0.1:${port}/large`)).rejects.toMatchObject({
      message: expect.stringContaining('larger than 1000 bytes') as string,
    });
  });

  test('is left when the caller has gone', async () => {
    const gone = new AbortController();
    const answer = get(open, `http://127.0.0.1:${port}/never`, gone.signal);
    gone.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
  });

  test('is spoken to by http only', async () => {
    await expect(get(open, 'file:///etc/passwd')).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  });
});
