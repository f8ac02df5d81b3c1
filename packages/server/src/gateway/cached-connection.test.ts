import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CachedAnswer } from '../response-cache/response-cache.ts';
import { FakeClient } from '../testing/fake-client.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { cachedConnection, sendCached } from './cached-connection.ts';

function open(maxCharacters = 100) {
  const client = new FakeClient();
  const kept: CachedAnswer[] = [];
  const stateAtKeeping: string[] = [];
  const keep = (answer: CachedAnswer) => {
    kept.push(answer);
    stateAtKeeping.push(client.state);
  };
  return { client, kept, stateAtKeeping, connection: cachedConnection(client, { maxCharacters, keep }) };
}

describe('a connection whose answer is kept', () => {
  test('sends a whole answer first, then has it kept', () => {
    const { client, kept, stateAtKeeping, connection } = open();
    connection.sendJson(200, ['a', 'b'], '{"id":"chat_1"}');
    expect([client.text, client.headers]).toEqual(['{"id":"chat_1"}', ['a', 'b', 'X-Cache', 'MISS']]);
    expect(kept).toEqual([{ kind: 'json', text: '{"id":"chat_1"}' }]);
    expect(stateAtKeeping).toEqual(['ended']);
  });

  test('has no error kept, and nothing too large', () => {
    const { client, kept, connection } = open(5);
    connection.sendJson(429, [], '{}');
    connection.sendJson(200, [], '123456');
    expect(client.text).toBe('123456');
    expect(kept).toEqual([]);
  });

  test('has a complete stream kept after its end, without the comments', () => {
    const { client, kept, stateAtKeeping, connection } = open();
    connection.openStream(['a', 'b']);
    expect(client.headers).toEqual(['a', 'b', 'X-Cache', 'MISS']);
    connection.write('data: 1\n\n');
    connection.write(': keep-alive\n\n');
    connection.write('data: 2\n\n');
    expect(kept).toEqual([]);
    connection.end('complete');
    expect(client.text).toContain(': keep-alive');
    expect(kept).toEqual([{ kind: 'stream', text: 'data: 1\n\ndata: 2\n\n' }]);
    expect(stateAtKeeping).toEqual(['ended']);
  });

  test.each([
    ['failed', (connection: ReturnType<typeof open>['connection']) => connection.end('failed')],
    ['was cut', (connection: ReturnType<typeof open>['connection']) => connection.destroy()],
    ['never ended', () => undefined],
  ])('has no stream kept that %s', (_how, finish) => {
    const { kept, connection } = open();
    connection.openStream([]);
    connection.write('data: 1\n\n');
    finish(connection);
    expect(kept).toEqual([]);
  });

  test('forgets a stream that grows too large, and sends all of it', () => {
    const { client, kept, connection } = open(20);
    connection.openStream([]);
    for (let count = 0; count < 5; count += 1) connection.write('data: 12345\n\n');
    connection.end('complete');
    expect(client.text).toBe('data: 12345\n\n'.repeat(5));
    expect(kept).toEqual([]);
  });

  test('keeps an answer once, however often it is ended', () => {
    const { kept, connection } = open();
    connection.openStream([]);
    connection.write('data: 1\n\n');
    connection.end('complete');
    connection.end('complete');
    expect(kept).toHaveLength(1);
  });

  test('passes back-pressure and leaving on', () => {
    const { client, connection } = open();
    const heard: string[] = [];
    connection.onDrain(() => heard.push('drain'));
    connection.onGone(() => heard.push('gone'));
    connection.openStream([]);
    client.reads = false;
    expect(connection.write('data: 1\n\n')).toBe(false);
    client.drain();
    expect(connection.write('data: 2\n\n')).toBe(true);
    client.leave();
    expect([heard, connection.isGone]).toEqual([['drain', 'gone'], true]);
  });
});

/** A client that asks to wait after each write. */
class SlowClient extends FakeClient {
  readonly writes: string[] = [];

  override write(text: string): boolean {
    this.writes.push(text);
    super.write(text);
    return false;
  }
}

const longStream = (events: number) =>
  Array.from({ length: events }, (_, index) => `data: {"n":${index},"text":"${'x'.repeat(500)}"}\n\n`).join('');

describe('an answer of the cache', () => {
  test('in one piece goes out as it was, with its age', () => {
    const client = new FakeClient();
    sendCached(client, { kind: 'json', text: '{"id":"chat_1"}', ageSeconds: 40 }, ['a', 'b']);
    expect([client.status, client.text]).toEqual([200, '{"id":"chat_1"}']);
    expect(client.headers).toEqual(['a', 'b', 'X-Cache', 'HIT', 'Age', '40']);
  });

  test('as a stream goes out whole, and ends complete', () => {
    const client = new FakeClient();
    const text = longStream(200);
    sendCached(client, { kind: 'stream', text, ageSeconds: 0 }, []);
    expect([client.text, client.state, client.outcome]).toEqual([text, 'ended', 'complete']);
    expect(client.headers).toEqual(['X-Cache', 'HIT', 'Age', '0']);
  });

  test('as a stream goes out in a few writes of whole events, each when the one before has been read', () => {
    const client = new SlowClient();
    const text = longStream(200);
    sendCached(client, { kind: 'stream', text, ageSeconds: 0 }, []);
    for (let writes = 1; client.state === 'open'; writes += 1) {
      expect(client.writes).toHaveLength(writes);
      client.drain();
    }
    expect(client.text).toBe(text);
    expect(client.writes.length).toBeGreaterThan(3);
    expect(client.writes.length).toBeLessThan(20);
    for (const piece of client.writes) expect(piece).toMatch(/^data: .*\n\n$/s);
  });

  test('stops when the client leaves', () => {
    const client = new SlowClient();
    sendCached(client, { kind: 'stream', text: longStream(200), ageSeconds: 0 }, []);
    client.leave();
    client.drain();
    expect([client.writes.length, client.outcome]).toEqual([1, undefined]);
  });

  test('is not sent to a client that has gone', () => {
    const client = new FakeClient();
    client.leave();
    sendCached(client, { kind: 'json', text: '{}', ageSeconds: 0 }, []);
    sendCached(client, { kind: 'stream', text: 'data: 1\n\n', ageSeconds: 0 }, []);
    expect([client.state, client.text]).toEqual(['waiting', '']);
  });

  test('waits for a slow client, and cuts off one that has stopped reading', () => {
    const clock = createManualClock();
    const client = new SlowClient();
    sendCached(client, { kind: 'stream', text: longStream(200), ageSeconds: 0 }, [], {
      clock,
      clientStallTimeoutMs: 1_000,
    });
    clock.advance(999);
    client.drain();
    clock.advance(999);
    expect(client.state).toBe('open');
    clock.advance(1);
    expect(client.state).toBe('destroyed');
    const written = client.writes.length;
    client.drain();
    expect(client.writes).toHaveLength(written);
  });

  test('leaves no timer behind when it has been read', () => {
    const clock = createManualClock();
    const client = new SlowClient();
    sendCached(client, { kind: 'stream', text: longStream(40), ageSeconds: 0 }, [], {
      clock,
      clientStallTimeoutMs: 1_000,
    });
    while (client.state === 'open') client.drain();
    clock.advance(10_000);
    expect(client.state).toBe('ended');
  });

  test('comes out as it was written, whatever its events look like', () => {
    const event = fc.string({ maxLength: 20_000 }).map((text) => `data: ${JSON.stringify(text)}\n\n`);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 10 }), (events) => {
        const client = new SlowClient();
        sendCached(client, { kind: 'stream', text: events.join(''), ageSeconds: 0 }, []);
        while (client.state === 'open') client.drain();
        expect(client.text).toBe(events.join(''));
        for (const piece of client.writes) expect(piece.endsWith('\n\n')).toBe(true);
      }),
    );
  });
});
