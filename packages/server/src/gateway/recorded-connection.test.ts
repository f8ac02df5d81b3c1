import { beforeEach, describe, expect, test } from 'vitest';
import { LiveStream } from '../streams/live-stream.ts';
import { FakeClient } from '../testing/fake-client.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import type { Gateway } from './gateway.ts';
import { RecordedConnection } from './recorded-connection.ts';

describe('a keyed stream on its way to its caller', () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const clock = createManualClock();
  let client: FakeClient;
  let stream: LiveStream;
  let ends: string[];
  let mayDetach: boolean;
  let connection: RecordedConnection;
  let cancelled: number;

  beforeEach(() => {
    client = new FakeClient();
    stream = new LiveStream('stream_1', 'ten_1');
    ends = [];
    mayDetach = true;
    cancelled = 0;
    const end = (what: string) => () => {
      ends.push(what);
      return Promise.resolve();
    };
    const gateway = {
      clock,
      logger: createRecordingLogger(),
      relay: { heartbeat_ms: 10_000, client_stall_timeout_ms: 30_000 },
      streams: { mayDetach: () => mayDetach },
      idempotency: { completeStream: end('answer kept'), release: end('key freed') },
    } as unknown as Gateway;
    connection = new RecordedConnection({
      gateway,
      claim: { id: 'id', token: 'token' },
      recording: {
        stream,
        finish: (state) => {
          stream.finish(state);
          ends.push(state);
          return Promise.resolve();
        },
      },
      client,
      follow: { after: 0, withIds: false, lostEvent: () => '' },
      brokenOff: (why) => `data: ${why}\n\n`,
    });
    connection.onGone(() => {
      cancelled += 1;
    });
  });

  test('reaches him as it is written, with its id, and is kept at its end', async () => {
    connection.openStream(['x-one', '1']);
    connection.write('data: 1\n\n');
    await settle();
    expect(client.headers).toEqual(['x-one', '1', 'X-Stream-Id', 'stream_1']);
    expect(client.text).toBe('data: 1\n\n');
    connection.write('data: [DONE]\n\n');
    connection.end('complete');
    await settle();
    expect(client).toMatchObject({ text: 'data: 1\n\ndata: [DONE]\n\n', outcome: 'complete' });
    expect(ends).toEqual(['complete', 'answer kept']);
  });

  test('frees the key when it fails', async () => {
    connection.openStream([]);
    connection.write('data: error\n\n');
    connection.end('failed');
    await settle();
    expect(client).toMatchObject({ text: 'data: error\n\n', outcome: 'failed' });
    expect(ends).toEqual(['failed', 'key freed']);
  });

  test('never waits for a slow caller', async () => {
    client.reads = false;
    connection.openStream([]);
    for (let index = 0; index < 100; index += 1) expect(connection.write('data: x\n\n')).toBe(true);
    await settle();
    connection.end('complete');
    await settle();
    expect(ends).toEqual(['complete', 'answer kept']);
    expect(client.state).toBe('open');
    client.drain();
    await settle();
    expect(client.text).toBe('data: x\n\n'.repeat(100));
  });

  test('goes on when he leaves', async () => {
    connection.openStream([]);
    client.leave();
    connection.write('data: 1\n\n');
    await settle();
    expect(stream.detachedSinceMs).toBe(clock.now());
    expect(cancelled).toBe(0);
    expect(connection.isGone).toBe(false);
    expect(ends).toEqual([]);
  });

  test('goes on when he left before its head could be sent', async () => {
    client.leave();
    connection.openStream([]);
    connection.write('data: 1\n\n');
    connection.end('complete');
    await settle();
    expect(client.state).toBe('waiting');
    expect(ends).toEqual(['complete', 'answer kept']);
  });

  test('is stopped when he leaves and his account has too many without a reader', async () => {
    mayDetach = false;
    connection.openStream([]);
    client.leave();
    await settle();
    expect(cancelled).toBe(1);
    expect(connection.isGone).toBe(true);
    expect(ends).toEqual(['failed', 'key freed']);
  });

  test('is not stopped for that while another reads it', async () => {
    mayDetach = false;
    stream.attach();
    connection.openStream([]);
    client.leave();
    await settle();
    expect(cancelled).toBe(0);
    expect(ends).toEqual([]);
  });

  test('tells its readers when it is stopped, once', async () => {
    connection.openStream([]);
    connection.write('data: 1\n\n');
    connection.abandon('too large');
    connection.abandon('too large');
    await settle();
    expect(client.text).toBe('data: 1\n\ndata: The answer was stopped before its end.\n\n');
    expect(client.outcome).toBe('failed');
    expect(cancelled).toBe(1);
    expect(ends).toEqual(['failed', 'key freed']);
  });
});
