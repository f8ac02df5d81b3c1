import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Script } from './fake-upstream.ts';
import { startFakeUpstream, type FakeUpstream } from './fake-upstream.ts';
import { createGate } from './gate.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream({ models: ['one'] });
});
afterAll(() => upstream.close());

const messages = [{ role: 'user', content: 'good morning' }];

function post(
  model: string,
  script: Script | undefined,
  extra: Record<string, unknown> = {},
  signal?: AbortSignal,
): Promise<Response> {
  if (script !== undefined) upstream.script(model, script);
  const init = {
    method: 'POST',
    body: JSON.stringify({ model, messages, ...extra }),
    headers: { 'content-type': 'application/json' },
  };
  return fetch(`${upstream.url}/chat/completions`, signal === undefined ? init : { ...init, signal });
}

const streamed = async (model: string, script: Script, extra: Record<string, unknown> = {}) =>
  (await post(model, script, { stream: true, ...extra })).text();

function contents(text: string): string {
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => {
      const event = JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] };
      return event.choices[0]?.delta.content ?? '';
    })
    .join('');
}

describe('a fake upstream', () => {
  test('echoes without a script and records the request', async () => {
    const body: unknown = await (await post('echo', undefined)).json();
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'echo',
      choices: [{ index: 0, message: { role: 'assistant', content: 'You said: good morning' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 },
    });
    expect(upstream.requestsFor('echo')).toMatchObject([
      { method: 'POST', path: '/v1/chat/completions', body: { messages }, aborted: false },
    ]);
  });

  test('sends usage in a stream only when asked', async () => {
    expect(await streamed('asked', { kind: 'chat', content: 'a b' })).not.toContain('usage');
    const text = await streamed('asked', { kind: 'chat', content: 'a b' }, { stream_options: { include_usage: true } });
    expect(text).toContain('"choices":[],"usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4}');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('the same content arrives however it is cut', async () => {
    const chunks = ['Grüße ', '👋🏽 ', '世界'];
    for (const stream of [
      { splitBytes: 1 },
      { joinAll: true },
      { crlf: true },
      { comments: true },
      { splitBytes: 7, crlf: true, comments: true },
    ]) {
      const text = await streamed('cut', { kind: 'chat', stream: { ...stream, chunks } });
      expect(contents(text)).toBe('Grüße 👋🏽 世界');
    }
  });

  test('renders tool calls both ways', async () => {
    const script = {
      kind: 'chat',
      toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' }],
    } as const;
    expect(await (await post('tools', script)).json()).toMatchObject({
      choices: [{ finish_reason: 'tool_calls', message: { content: null, tool_calls: [{ id: 'call_1' }] } }],
    });
    expect(await streamed('tools', script)).toContain('"finish_reason":"tool_calls"');
  });

  test('dies in mid-stream', async () => {
    await expect(
      streamed('dies', { kind: 'chat', content: 'a b c d', stream: { dieAfterChunks: 2 } }),
    ).rejects.toThrow();
    expect(upstream.requestsFor('dies')).toMatchObject([{ chunksSent: 2, aborted: false }]);
  });

  test('ends a stream with an error event, or without [DONE]', async () => {
    const failed = await streamed('error-event', {
      kind: 'chat',
      content: 'a b c',
      stream: { errorEventAfterChunks: 1 },
    });
    expect(contents(failed.split('data: {"error"')[0] ?? '')).toBe('a');
    expect(failed).toContain('data: {"error":{"message":"The model stopped working"');
    expect(await streamed('open-end', { kind: 'chat', content: 'a', stream: { endWithoutDone: true } })).not.toContain(
      '[DONE]',
    );
  });

  test('a gate decides when the next chunk goes, and an abort is seen', async () => {
    const gate = createGate();
    const controller = new AbortController();
    const response = await post(
      'gated',
      { kind: 'chat', content: 'a b c', stream: { gate } },
      { stream: true },
      controller.signal,
    );
    const [record] = upstream.requestsFor('gated');
    gate.release(2);
    await upstream.until(() => record?.chunksSent === 2);
    controller.abort();
    await expect(response.text()).rejects.toThrow();
    await upstream.until(() => record?.aborted === true);
    expect(record).toMatchObject({ chunksSent: 2, finished: true });
  });

  test('stalls until it is released', async () => {
    const text = streamed('stalls', { kind: 'chat', content: 'a b c', stream: { stallAfterChunks: 1 } });
    await upstream.until(() => upstream.requestsFor('stalls')[0]?.chunksSent === 1);
    upstream.release();
    expect(contents(await text)).toBe('a b c');
  });

  test('statuses, broken bodies and closed sockets, one after the other', async () => {
    const answers = [
      { kind: 'status', status: 503, headers: { 'retry-after': '7' } },
      { kind: 'malformed', body: '<html>' },
      { kind: 'refuse' },
      { kind: 'socket', bytes: 'nonsense\r\n\r\n' },
      { kind: 'raw', bytes: 'data: x\n\n' },
      { kind: 'chat', content: 'ok' },
    ] as const;
    const first = await post('list', answers);
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '7']);
    expect(await (await post('list', undefined)).text()).toBe('<html>');
    await expect(post('list', undefined)).rejects.toThrow();
    await expect(post('list', undefined)).rejects.toThrow();
    expect(await (await post('list', undefined, { stream: true })).text()).toBe('data: x\n\n');
    expect((await post('list', undefined)).status).toBe(200);
    expect((await post('list', undefined)).status).toBe(200);
  });

  test('lists models and refuses other paths', async () => {
    expect(await (await fetch(`${upstream.url}/models`)).json()).toMatchObject({
      object: 'list',
      data: expect.arrayContaining([expect.objectContaining({ id: 'one' })]) as unknown,
    });
    expect((await fetch(`${upstream.url}/nothing`)).status).toBe(404);
  });
});
