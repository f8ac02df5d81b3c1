import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import type { EventStream, StreamSink } from '../providers/provider.ts';
import { FakeClient } from '../testing/fake-client.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { ChatStream } from './chat-stream.ts';
import { relayStream, type RelayEnd } from './relay.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { eventFrame, frame } from './sse-frame.ts';
import { createStreamClock, type StreamClock } from './stream-clock.ts';

class FakeEvents implements EventStream {
  sink: StreamSink | undefined;
  paused = false;
  aborts = 0;
  start(sink: StreamSink): void {
    this.sink = sink;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  abort(): void {
    this.aborts += 1;
  }
  /** Events that arrive in one piece. */
  give(...data: string[]): void {
    for (const event of data) this.sink?.onEvent(event);
    this.sink?.onFlush();
  }
}

const text = (content: string) =>
  JSON.stringify({
    id: 'c1',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  });
const finish = JSON.stringify({
  id: 'c1',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
});
const broken = new AppError('UPSTREAM_ERROR', 'The model server broke off.');
const heartbeatMs = 10_000;
const idleTimeoutMs = 30_000;
const clientStallTimeoutMs = 20_000;

describe('the relay', () => {
  let clock: ManualClock;
  let streamClock: StreamClock;
  let events: FakeEvents;
  let client: FakeClient;
  let ends: RelayEnd[];
  /** What the client had when the request was settled. */
  let textAtEnd: string;
  let deliveries: number;
  let progress: number;
  let outcome: string;
  let over: Promise<void>;

  const start = (options: { extra?: string; includeUsage?: boolean } = {}) => {
    const answer = new ChatStream({
      publicModel: 'm',
      includeUsage: options.includeUsage ?? false,
      encode: eventFrame,
      renderError: (error) => frame(JSON.stringify({ error: { code: error.code } })),
    });
    over = relayStream({
      events,
      answer,
      client,
      clock,
      streamClock,
      headers: ['x-request-id', 'req_1'],
      timeouts: {
        heartbeat_ms: heartbeatMs,
        idle_timeout_ms: idleTimeoutMs,
        client_stall_timeout_ms: clientStallTimeoutMs,
      },
      onDelivery: () => {
        deliveries += 1;
      },
      onProgress: () => {
        progress += 1;
      },
      onEnd: (end) => {
        ends.push(end);
        textAtEnd = client.text;
        return end.kind === 'completed' ? (options.extra ?? '') + frame('[DONE]') : '';
      },
    }).then(
      () => {
        outcome = 'resolved';
      },
      (error: unknown) => {
        outcome = error instanceof AppError ? error.code : String(error);
      },
    );
  };

  beforeEach(() => {
    clock = createManualClock();
    streamClock = createStreamClock({ clock, logger: createRecordingLogger() });
    events = new FakeEvents();
    client = new FakeClient();
    ends = [];
    deliveries = 0;
    progress = 0;
    outcome = 'running';
  });

  test('sends a piece that holds several events in one write, as it came', () => {
    start();
    events.give(text('a'), text('b'));
    expect(client.text).toBe(frame(text('a')) + frame(text('b')));
    expect(client.headers).toEqual(['x-request-id', 'req_1']);
    expect(deliveries).toBe(1);
  });

  test('settles before the closing event goes out, with what the settlement adds', async () => {
    start({ extra: 'data: usage\n\n' });
    events.give(text('a'));
    events.give(finish, '[DONE]');
    await over;
    expect(textAtEnd).toBe(frame(text('a')));
    expect(client.text).toBe(`${frame(text('a'))}${frame(finish)}data: usage\n\n${frame('[DONE]')}`);
    expect([client.state, client.outcome, outcome, ends]).toEqual([
      'ended',
      'complete',
      'resolved',
      [{ kind: 'completed' }],
    ]);
    expect(streamClock.size).toBe(0);
  });

  test('closes a stream without [DONE] properly when the answer was complete', async () => {
    start();
    events.give(text('a'), finish);
    events.sink?.onEnd();
    await over;
    expect(client.text.endsWith(frame('[DONE]'))).toBe(true);
  });

  describe('when the upstream fails', () => {
    test.each([
      [
        'before anything came',
        () => {
          events.sink?.onError(broken);
        },
      ],
      [
        'by closing at once',
        () => {
          events.sink?.onEnd();
        },
      ],
      [
        'with an error event first',
        () => {
          events.give('{"error":{"message":"x"}}');
        },
      ],
      [
        'in the very piece that brought the first text',
        () => {
          events.give(text('a'), '{"error":{"message":"x"}}');
        },
      ],
    ])('%s, rejects: the client can still be told by status, and nothing was delivered', async (_when, fail) => {
      start();
      fail();
      await over;
      expect([outcome, client.state, client.text, deliveries]).toEqual(['UPSTREAM_ERROR', 'waiting', '', 0]);
      expect(ends.map((end) => end.kind)).toEqual(['failed']);
    });

    test.each([
      [
        'breaks off',
        () => {
          events.sink?.onError(broken);
        },
      ],
      [
        'closes',
        () => {
          events.sink?.onEnd();
        },
      ],
      [
        'sends an error event',
        () => {
          events.give('{"error":{"message":"x"}}');
        },
      ],
      [
        'sends nonsense',
        () => {
          events.give('{"choices');
        },
      ],
    ])('after the first text and %s, tells so inside the stream and never [DONE]', async (_how, fail) => {
      start();
      events.give(text('a'));
      fail();
      await over;
      expect(client.text).toBe(frame(text('a')) + frame('{"error":{"code":"UPSTREAM_ERROR"}}'));
      expect([client.state, client.outcome, outcome]).toEqual(['ended', 'failed', 'resolved']);
      expect(ends).toMatchObject([{ kind: 'failed', error: { code: 'UPSTREAM_ERROR' } }]);
      expect(streamClock.size).toBe(0);
    });

    test('sends what came in the same piece before the error', async () => {
      start();
      events.give(text('a'));
      events.give(text('b'), '{"error":{"message":"x"}}');
      await over;
      expect(client.text).toBe(frame(text('a')) + frame(text('b')) + frame('{"error":{"code":"UPSTREAM_ERROR"}}'));
    });

    test('hears nothing more after that', async () => {
      start();
      events.give(text('a'));
      events.sink?.onError(broken);
      await over;
      const before = client.text;
      events.give(text('late'), '[DONE]');
      events.sink?.onEnd();
      events.sink?.onError(broken);
      client.leave();
      client.drain();
      clock.advance(1_000_000);
      expect(client.text).toBe(before);
      expect(ends).toHaveLength(1);
    });
  });

  describe('when the client', () => {
    test('reads too slowly, pauses the upstream until it has read', () => {
      start();
      client.reads = false;
      events.give(text('a'));
      expect(events.paused).toBe(true);
      client.drain();
      expect(events.paused).toBe(false);
    });

    test('reads nothing for too long, cuts it off and stops the upstream', async () => {
      start();
      client.reads = false;
      events.give(text('a'));
      clock.advance(clientStallTimeoutMs - 250);
      expect(client.state).toBe('open');
      clock.advance(250);
      await over;
      expect([client.state, events.aborts > 0]).toEqual(['destroyed', true]);
      expect(ends).toEqual([{ kind: 'cancelled' }]);
    });

    test('is slow, does not take the silence it causes for the upstream’s', () => {
      start();
      client.reads = false;
      events.give(text('a'));
      clock.advance(15_000);
      client.drain();
      clock.advance(idleTimeoutMs - 250);
      expect(client.state).toBe('open');
      expect(ends).toEqual([]);
    });

    test('is waited for, sends it no comments', () => {
      start();
      client.reads = false;
      events.give(text('a'));
      clock.advance(15_000);
      expect(client.text).toBe(frame(text('a')));
    });

    test('leaves, stops the upstream and settles once', async () => {
      start();
      events.give(text('a'));
      client.leave();
      await over;
      events.give(text('b'), '[DONE]');
      clock.advance(1_000_000);
      expect(events.aborts).toBeGreaterThan(0);
      expect([outcome, ends, client.text]).toEqual(['resolved', [{ kind: 'cancelled' }], frame(text('a'))]);
      expect(streamClock.size).toBe(0);
    });

    test('had left before, asks for nothing', async () => {
      client.leave();
      start();
      await over;
      expect([events.sink, ends]).toEqual([undefined, [{ kind: 'cancelled' }]]);
      expect(events.aborts).toBe(1);
    });
  });

  describe('through silence', () => {
    test('sends comments, which keep the upstream’s own time running', async () => {
      start();
      events.give(text('a'));
      clock.advance(heartbeatMs);
      expect(client.text).toBe(`${frame(text('a'))}: keep-alive\n\n`);
      clock.advance(heartbeatMs);
      expect(client.text).toBe(`${frame(text('a'))}: keep-alive\n\n: keep-alive\n\n`);
      clock.advance(heartbeatMs);
      await over;
      expect(ends).toMatchObject([{ kind: 'failed', error: { code: 'UPSTREAM_TIMEOUT' } }]);
      expect(client.text.endsWith(frame('{"error":{"code":"UPSTREAM_TIMEOUT"}}'))).toBe(true);
      expect(events.aborts).toBeGreaterThan(0);
    });

    test('before the first event sends comments too, and from then on tells errors inside the stream', async () => {
      start();
      clock.advance(heartbeatMs);
      expect([client.state, client.text, deliveries]).toEqual(['open', ': keep-alive\n\n', 0]);
      events.sink?.onError(broken);
      await over;
      expect([outcome, client.text]).toEqual([
        'resolved',
        `: keep-alive\n\n${frame('{"error":{"code":"UPSTREAM_ERROR"}}')}`,
      ]);
    });

    test('takes comments of the upstream for a sign of life', () => {
      start();
      for (let count = 0; count < 10; count += 1) {
        clock.advance(idleTimeoutMs - 250);
        events.give();
      }
      expect(ends).toEqual([]);
    });

    test('ends well where the answer was complete and only the closing is missing', async () => {
      start();
      events.give(text('a'), finish);
      clock.advance(idleTimeoutMs);
      await over;
      expect(ends).toEqual([{ kind: 'completed' }]);
      expect(client.text.endsWith(frame('[DONE]'))).toBe(true);
    });

    test('notes progress about once a second, and no more when it is over', () => {
      start();
      events.give(text('a'));
      clock.advance(5_000);
      expect(progress).toBe(5);
      client.leave();
      clock.advance(5_000);
      expect(progress).toBe(5);
    });
  });
});
