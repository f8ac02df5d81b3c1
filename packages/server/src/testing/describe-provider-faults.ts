import { expect, test } from 'vitest';
import { operatorKey, refused, type Bench } from './describe-provider-bench.ts';
import type { StreamScript } from './fake-upstream-script.ts';
import { createGate } from './gate.ts';
import { chunksIn, contentIn, listen, streamOf, type Heard } from './hear-stream.ts';

async function hear(bench: Bench, stream: StreamScript): Promise<Heard> {
  bench.upstream().script(bench.model(), { kind: 'chat', content: 'one two three four', stream });
  const heard = listen(await streamOf(bench.chat({ stream: true })));
  await heard.over;
  return heard;
}

function checkBrokenStreams(bench: Bench): void {
  test('a stream that dies is an error, after what had come', async () => {
    const heard = await hear(bench, { dieAfterChunks: 2 });
    expect([heard.outcome, contentIn(heard.events)]).toEqual(['UPSTREAM_ERROR', 'one two']);
  });

  test('an error inside a stream is one, and nothing after it passes for an answer', async () => {
    const heard = await hear(bench, { errorEventAfterChunks: 2 });
    const said = chunksIn(heard.events);
    const isTold = ['UPSTREAM_ERROR', 'overloaded'].includes(heard.outcome) || said.at(-1)?.error !== undefined;
    expect(isTold).toBe(true);
    expect(heard.events).not.toContain('[DONE]');
    const words = said.filter((chunk) => chunk.error === undefined).map((chunk) => JSON.stringify(chunk));
    expect(contentIn(words)).toBe('one two');
  });

  test('a stream that ends properly but without its last event is told as it is', async () => {
    const heard = await hear(bench, { endWithoutDone: true });
    expect([heard.outcome, contentIn(heard.events)]).toEqual(['end', 'one two three four']);
    const reasons = chunksIn(heard.events).flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason));
    expect(reasons.filter((reason) => reason !== null)).toEqual(['stop']);
  });

  test('an event without end stops the stream', async () => {
    bench.upstream().script(bench.model(), { kind: 'raw', bytes: `data: ${'x'.repeat(17 * 1024 * 1024)}` });
    const heard = listen(await streamOf(bench.chat({ stream: true })));
    await heard.over;
    expect([heard.outcome, heard.events]).toEqual(['UPSTREAM_ERROR', []]);
  });

  test('silence is not the end; giving up stops the upstream, and nothing more is heard', async () => {
    const gate = createGate();
    const script = { kind: 'chat', content: 'one two three four', stream: { stallAfterChunks: 1, gate } } as const;
    bench.upstream().script(bench.model(), script);
    const events = await streamOf(bench.chat({ stream: true }));
    gate.release(1);
    const heard = listen(events);
    await bench.upstream().until(() => bench.request().chunksSent === 1);
    await heard.heard(1);
    expect(heard.outcome).toBe('open');
    events.abort();
    events.abort();
    // A relay that has given up may still hear of its client: neither may do harm.
    events.pause();
    events.resume();
    const before = heard.events.length;
    await bench.upstream().until(() => bench.request().aborted);
    expect([heard.outcome, heard.events.length]).toEqual(['open', before]);
  });

  test('a stream waits while it is paused', async () => {
    const script = { kind: 'chat', stream: { chunks: ['x'.repeat(1_000)], repeat: 5_000 } } as const;
    bench.upstream().script(bench.model(), script);
    const events = await streamOf(bench.chat({ stream: true }));
    const heard = listen(events);
    await heard.heard(10);
    events.pause();
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    const before = heard.events.length;
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(heard.events).toHaveLength(before);
    expect(bench.request().finished).toBe(false);
    events.resume();
    await heard.over;
    expect(contentIn(heard.events)).toHaveLength(5_000_000);
  });
}

function checkStatuses(bench: Bench): void {
  test.each([
    [400, 'UPSTREAM_REJECTED'],
    [401, 'UPSTREAM_AUTH'],
    [402, 'UPSTREAM_AUTH'],
    [403, 'UPSTREAM_AUTH'],
    [404, 'UPSTREAM_ERROR'],
    [413, 'UPSTREAM_REJECTED'],
    [429, 'overloaded'],
    [500, 'UPSTREAM_ERROR'],
    [503, 'overloaded'],
    [529, 'overloaded'],
  ])('status %i is %s, streamed or not; Retry-After is kept', async (status, code) => {
    bench.upstream().script(bench.model(), { kind: 'status', status, headers: { 'retry-after': '9' } });
    for (const stream of [false, true]) {
      const error = await refused(bench.chat({ stream }));
      expect([error.code, error.retryAfterSeconds]).toEqual([code, code === 'overloaded' ? 9 : undefined]);
    }
  });

  test('a refused credential is nobody’s to read', async () => {
    const body = { type: 'error', error: { type: 'authentication_error', message: `no such key: ${operatorKey}` } };
    for (const status of [401, 403, 500]) {
      bench.upstream().script(bench.model(), { kind: 'status', status, body });
      const error = await refused(bench.chat());
      expect(`${error.message} ${String(error.cause)}`).not.toContain(operatorKey);
    }
  });

  test('what was wrong with a request is told', async () => {
    const body = { type: 'error', error: { type: 'invalid_request_error', message: 'seed: must be positive' } };
    bench.upstream().script(bench.model(), { kind: 'status', status: 400, body });
    expect((await refused(bench.chat())).message).toContain('seed: must be positive');
  });

  test('a key that cannot be sent is refused without being shown', async () => {
    const error = await refused(bench.chat({ credential: 'sk-with\r\nx-evil: 1' }));
    expect(error.code).toBe('UPSTREAM_AUTH');
    expect(`${error.message} ${String(error.cause)}`).not.toContain('x-evil');
    expect(bench.upstream().requestsFor(bench.model())).toEqual([]);
  });
}

function checkSenselessAnswers(bench: Bench): void {
  test.each([
    ['broken JSON', '{"choices":'],
    ['HTML', '<html>Welcome</html>'],
    ['a list', '[]'],
    ['an error with status 200', '{"error":{"message":"no"}}'],
    ['nothing', ''],
  ])('an answer that is %s is an error of the upstream', async (_what, body) => {
    bench.upstream().script(bench.model(), { kind: 'malformed', body, headers: { 'content-type': 'text/html' } });
    for (const stream of [false, true]) expect((await refused(bench.chat({ stream }))).code).toBe('UPSTREAM_ERROR');
  });

  test('a connection that breaks before the head is an error of the upstream', async () => {
    for (const script of [{ kind: 'refuse' }, { kind: 'socket', bytes: 'SSH-2.0-nonsense\r\n' }] as const) {
      bench.upstream().script(bench.model(), script);
      for (const stream of [false, true]) expect((await refused(bench.chat({ stream }))).code).toBe('UPSTREAM_ERROR');
    }
  });

  test('no answer at all is a time-out, streamed or not', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', holdBeforeHead: true, stream: { gate: createGate() } });
    const hasty = bench.open({ firstByteTimeoutMs: 50 });
    for (const stream of [false, true])
      expect((await refused(bench.chat({ stream, using: hasty }))).code).toBe('UPSTREAM_TIMEOUT');
  });
}

function checkGivingUp(bench: Bench): void {
  test('giving up before the head stops the upstream', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', holdBeforeHead: true, stream: { gate: createGate() } });
    const answer = refused(bench.chat({ stream: true }));
    await bench.upstream().until(() => bench.upstream().requestsFor(bench.model()).length === 1);
    bench.abort().abort();
    await answer;
    await bench.upstream().until(() => bench.request().aborted);
  });

  test('giving up before the call sends nothing', async () => {
    bench.abort().abort();
    await refused(bench.chat());
    await refused(bench.chat({ stream: true }));
    expect(bench.upstream().requestsFor(bench.model())).toEqual([]);
  });
}

/** What failures must be told as. */
export function checkFaults(bench: Bench): void {
  checkBrokenStreams(bench);
  checkStatuses(bench);
  checkSenselessAnswers(bench);
  checkGivingUp(bench);
}
