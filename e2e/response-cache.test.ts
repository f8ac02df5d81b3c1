import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { clientSurfaces, type ClientSurface } from './client-surfaces.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const names = ['plain', 'embed', 'fails', 'breaks'];
let upstream: FakeUpstream;
let turnpike: Turnpike;
const [chat] = clientSurfaces;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const base = upstreamConfig(upstream.url, names) as { plans: object };
  turnpike = await startTurnpike({ config: { ...base, plans: { ...base.plans, bare: { features: [] } } } });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

interface Sent {
  readonly text: string;
  readonly status: number;
  readonly cache: string | null;
  readonly age: string | null;
}

async function send(
  surface: ClientSurface | undefined,
  key: string,
  options: { model?: string; content: string; stream?: boolean; control?: string; headers?: Record<string, string> },
): Promise<Sent> {
  if (surface === undefined) throw new Error('no surface');
  const { model = 'plain', content, stream = false, control, headers } = options;
  const answer = await fetch(`${turnpike.url}${surface.path(stream)}`, {
    method: 'POST',
    headers: {
      ...surface.headers(key),
      'content-type': 'application/json',
      ...(control === undefined ? {} : { 'cache-control': control }),
      ...headers,
    },
    body: JSON.stringify(surface.body(`public-${model}`, content, stream)),
  });
  return {
    text: await answer.text(),
    status: answer.status,
    cache: answer.headers.get('x-cache'),
    age: answer.headers.get('age'),
  };
}
const asked = (model: string) => upstream.requestsFor(model).length;

describe.each(clientSurfaces)('$name', (surface) => {
  test.each([false, true])(
    'streamed %s: the same request is answered again without the model or a bill',
    async (stream) => {
      const { key, tenantId } = await turnpike.createKey('wide');
      const content = `question on ${surface.name} ${String(stream)}`;
      const before = asked('plain');
      const first = await send(surface, key, { content, stream, control: 'max-age=60' });
      expect(first.cache).toBe('MISS');
      let again = await send(surface, key, { content, stream, control: 'max-age=60' });
      await expect
        .poll(async () => (again = await send(surface, key, { content, stream, control: 'max-age=60' })).cache)
        .toBe('HIT');
      expect([again.text, again.status, again.age]).toEqual([first.text, 200, expect.any(String)]);
      const asks = asked('plain') - before;
      const [billed] = await turnpike.usage(`tenant=${tenantId}`);
      for (let count = 0; count < 3; count += 1) await send(surface, key, { content, stream, control: 'max-age=60' });
      expect(asked('plain') - before).toBe(asks);
      const [row] = await turnpike.usage(`tenant=${tenantId}`);
      expect(row?.total_tokens).toBe(billed?.total_tokens);
      expect(row?.requests).toBe((billed?.requests ?? 0) + 3);
    },
  );
});

describe('the cache', () => {
  test('is asked for by request or key, never used else', async () => {
    const { key } = await turnpike.createKey('wide');
    for (let count = 0; count < 2; count += 1)
      expect((await send(chat, key, { content: 'nobody asked for the cache' })).cache).toBeNull();
    const { key: caching } = await turnpike.createKey('wide', { cache_seconds: 60 });
    await expect
      .poll(async () => (await send(chat, caching, { content: 'the key asks for the cache' })).cache)
      .toBe('HIT');
    expect(
      (await send(chat, caching, { content: 'the key asks for the cache', control: 'no-store' })).cache,
    ).toBeNull();
    expect((await send(chat, caching, { content: 'the key asks for the cache', control: 'no-cache' })).cache).toBe(
      'MISS',
    );
  });

  test('belongs to a tenant, and to a body', async () => {
    const [one, other] = [await turnpike.createKey('wide'), await turnpike.createKey('wide')];
    const options = { content: 'whose is it', control: 'max-age=60' };
    await expect.poll(async () => (await send(chat, one.key, options)).cache).toBe('HIT');
    expect((await send(chat, other.key, options)).cache).toBe('MISS');
    expect((await send(chat, one.key, { ...options, content: 'whose is it?' })).cache).toBe('MISS');
  });

  test('keeps no failure and no broken stream', async () => {
    const { key } = await turnpike.createKey('wide');
    upstream.script('fails', { kind: 'status', status: 500 });
    upstream.script('breaks', { kind: 'chat', stream: { chunks: ['a ', 'b '], chunkDelayMs: 20, dieAfterChunks: 1 } });
    for (let count = 0; count < 3; count += 1) {
      expect((await send(chat, key, { model: 'fails', content: 'x', control: 'max-age=60' })).status).toBe(502);
      const broken = await send(chat, key, { model: 'breaks', content: 'x', stream: true, control: 'max-age=60' });
      expect(broken.cache).toBe('MISS');
    }
  });

  test('goes together with an Idempotency-Key: the replay is the first answer', async () => {
    const { key } = await turnpike.createKey('wide');
    const options = {
      content: 'both at once',
      control: 'max-age=60',
      headers: { 'idempotency-key': 'cache-and-key-1' },
    };
    const first = await send(chat, key, options);
    expect((await send(chat, key, options)).text).toBe(first.text);
    const other = { ...options, headers: { 'idempotency-key': 'cache-and-key-2' } };
    expect((await send(chat, key, other)).text).toBe(first.text);
    expect((await send(chat, key, { ...options, headers: {} })).cache).toBe('HIT');
  });

  test('is a feature of the plan', async () => {
    const { key } = await turnpike.createKey('bare');
    expect((await send(chat, key, { content: 'x', control: 'max-age=60' })).status).toBe(403);
    expect((await send(chat, key, { content: 'x' })).status).toBe(200);
  });
});
