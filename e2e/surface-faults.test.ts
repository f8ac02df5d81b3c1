import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream, type Script } from '../packages/server/src/testing/fake-upstream.ts';
import { clientSurfaces, eventsOf, type ClientSurface } from './client-surfaces.ts';
import { cleanUp, startTurnpike, upstreamConfig, type Turnpike } from './turnpike-process.ts';

/** Faults before the first byte, and the status they become; `busy` is a status of its own on Messages. */
const early: Readonly<Record<string, { readonly script: Script; readonly status: number }>> = {
  'refuses the request': {
    script: { kind: 'status', status: 400, body: { error: { message: 'bad tool' } } },
    status: 400,
  },
  'refuses the operator': {
    script: { kind: 'status', status: 401, body: { error: { message: 'sk-operator' } } },
    status: 502,
  },
  'is saturated': { script: { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, status: 503 },
  fails: { script: { kind: 'status', status: 500 }, status: 502 },
  'answers nonsense': { script: { kind: 'malformed', body: '<html>' }, status: 502 },
  'hangs up': { script: { kind: 'refuse' }, status: 502 },
  'is silent': { script: { kind: 'chat', holdBeforeHead: true }, status: 504 },
};

const words = ['one ', 'two ', 'three ', 'four '];
/** Faults in the middle of a stream. */
const late: Readonly<Record<string, Script>> = {
  dies: { kind: 'chat', stream: { chunks: words, chunkDelayMs: 30, dieAfterChunks: 2 } },
  stalls: { kind: 'chat', stream: { chunks: words, chunkDelayMs: 30, stallAfterChunks: 2 } },
  'tells an error': { kind: 'chat', stream: { chunks: words, chunkDelayMs: 30, errorEventAfterChunks: 2 } },
};

const names = [...Object.keys(early), ...Object.keys(late), 'well'].map((_, index) => `m${index}`);
const modelOf = (fault: string) => names[[...Object.keys(early), ...Object.keys(late), 'well'].indexOf(fault)] ?? '';

/** Surfaces whose calls are no chats: they are answered in one piece. */
const plainSurfaces = [
  { name: 'embeddings', path: '/v1/embeddings', capability: 'embeddings', body: { input: 'some text' } },
  { name: 'moderations', path: '/v1/moderations', capability: 'moderation', body: { input: 'some text' } },
] as const;

let upstream: FakeUpstream;
let turnpike: Turnpike;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const base = upstreamConfig(upstream.url, names, {
    relay: { idle_timeout_ms: 1_000, first_byte_timeout_ms: 1_500, heartbeat_ms: 300 },
  }) as { models: object };
  const plain = plainSurfaces.flatMap(({ capability }) =>
    names.map((name) => [
      `${capability}-${name}`,
      {
        targets: [{ upstream: 'fake', model: name }],
        context_tokens: 1_000,
        max_output_tokens: 1,
        capabilities: [capability],
      },
    ]),
  );
  const models = { ...base.models, ...(Object.fromEntries(plain) as object) };
  turnpike = await startTurnpike({ config: { ...base, models } });
  for (const [fault, { script }] of Object.entries(early)) upstream.script(modelOf(fault), script);
  for (const [fault, script] of Object.entries(late)) upstream.script(modelOf(fault), script);
  upstream.script(modelOf('well'), { kind: 'chat', stream: { chunks: words, splitBytes: 5, comments: true } });
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

async function send(surface: ClientSurface, key: string, fault: string, stream: boolean): Promise<Response> {
  return fetch(`${turnpike.url}${surface.path(stream)}`, {
    method: 'POST',
    headers: { ...surface.headers(key), 'content-type': 'application/json' },
    body: JSON.stringify(surface.body(`public-${modelOf(fault)}`, 'Hello', stream)),
  });
}

const textOf = (surface: ClientSurface, text: string) =>
  eventsOf(text)
    .map((event) => surface.deltaOf(event as never))
    .join('');

describe.each(clientSurfaces)('$name', (surface) => {
  test('gives the same text streamed and whole', async () => {
    const { key } = await turnpike.createKey('wide');
    const streamed = await (await send(surface, key, 'well', true)).text();
    expect(textOf(surface, streamed)).toBe(words.join(''));
    expect(streamed).toMatch(surface.closing);
    const whole = await send(surface, key, 'well', false);
    expect(whole.status).toBe(200);
    expect(surface.textOf((await whole.json()) as never)).toBe(words.join(''));
  });

  describe.each(Object.entries(early))('when the upstream %s', (fault, { status }) => {
    test.each([true, false])('streamed %s: a real status, an error in its own words, and no bill', async (stream) => {
      const { key, tenantId } = await turnpike.createKey('wide');
      const answer = await send(surface, key, fault, stream);
      const expected =
        surface.name === 'messages' && status === 503
          ? 529
          : surface.name === 'SpyCore chat' && status > 503
            ? 500
            : status;
      expect(answer.status).toBe(surface.name === 'SpyCore chat' && status === 502 ? 500 : expected);
      const text = await answer.text();
      const { kind, message } = surface.errorOf(JSON.parse(text) as never);
      expect(kind).toEqual(expect.any(String));
      expect(message).toEqual(expect.any(String));
      expect(text).not.toContain('sk-operator');
      if (fault === 'refuses the request') expect(message).toContain('bad tool');
      if (fault === 'is saturated') expect(answer.headers.get('retry-after')).toBe('7');
      const [row] = await turnpike.usage(`tenant=${tenantId}`);
      expect(row).toMatchObject({ requests: 1, total_tokens: 0 });
    });
  });

  test.each(Object.keys(late))(
    'when the upstream %s in the middle: what came, then an error, and no clean end',
    async (fault) => {
      const { key, tenantId } = await turnpike.createKey('wide');
      const text = await (await send(surface, key, fault, true)).text();
      expect(textOf(surface, text)).toBe('one two ');
      expect(text).not.toMatch(surface.closing);
      expect(text).not.toContain('[DONE]');
      const { kind, message } = surface.errorOf(eventsOf(text).at(-1) as never);
      expect([typeof kind, typeof message]).toEqual(['string', 'string']);
      const [row] = await turnpike.usage(`tenant=${tenantId}`);
      expect(row?.completion_tokens).toBeGreaterThan(0);
      expect(row?.requests).toBe(1);
    },
  );
});

describe.each(plainSurfaces)('$name', ({ path, capability, body }) => {
  test.each(Object.entries(early))('when the upstream %s: a real status, and no bill', async (fault, { status }) => {
    const { key, tenantId } = await turnpike.createKey('wide');
    const answer = await fetch(`${turnpike.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, model: `${capability}-${modelOf(fault)}` }),
    });
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: expect.any(String) as string } });
    expect(text).not.toContain('sk-operator');
    const [row] = await turnpike.usage(`tenant=${tenantId}`);
    expect(row).toMatchObject({ requests: 1, total_tokens: 0 });
  });
});
