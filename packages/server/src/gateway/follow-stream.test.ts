import { beforeEach, describe, expect, test } from 'vitest';
import { LiveStream } from '../streams/live-stream.ts';
import type { StreamSource } from '../streams/stream-source.ts';
import { FakeClient } from '../testing/fake-client.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { followStream, type FollowOptions } from './follow-stream.ts';

const heartbeatMs = 10_000;
const clientStallTimeoutMs = 30_000;

describe('a follower of a recorded stream', () => {
  let clock: ManualClock;
  let client: FakeClient;
  let stream: LiveStream;
  const follow = (changes: Partial<FollowOptions> = {}) =>
    followStream({
      ...{ source: stream, client, clock, after: 0, withIds: false, heartbeatMs, clientStallTimeoutMs },
      lostEvent: () => 'data: lost\n\n',
      ...changes,
    });
  /** Promises already resolved are followed to their end. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 250) {
      clock.advance(250);
      await settle();
    }
  };
  beforeEach(() => {
    clock = createManualClock();
    client = new FakeClient();
    client.openStream([]);
    stream = new LiveStream('stream_1', 'ten_1');
  });

  test('gets what is there at once, then each event as it comes, then the end', async () => {
    stream.write('data: 1\n\ndata: 2\n\n');
    const done = follow();
    await settle();
    expect(client.text).toBe('data: 1\n\ndata: 2\n\n');
    stream.write('data: 3\n\n');
    await settle();
    expect(client.text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    stream.write('data: [DONE]\n\n');
    stream.finish('complete');
    await done;
    expect(client).toMatchObject({ outcome: 'complete', state: 'ended' });
    expect(client.text).toMatch(/data: \[DONE\]\n\n$/);
  });

  test('that asked for ids gets them, counted from the first event of the stream', async () => {
    stream.write('data: 1\n\nevent: token\ndata: 2\n\ndata: 3\n\n');
    stream.finish('complete');
    await follow({ withIds: true, after: 1 });
    expect(client.text).toBe('id: 2\nevent: token\ndata: 2\n\nid: 3\ndata: 3\n\n');
  });

  test('that did not ask gets no id line', async () => {
    stream.write('data: 1\n\n');
    stream.finish('complete');
    await follow();
    expect(client.text).not.toMatch(/^id:/m);
  });

  test('that has all of it gets the end only', async () => {
    stream.write('data: 1\n\n');
    stream.finish('complete');
    await follow({ after: 1, withIds: true });
    expect(client).toMatchObject({ text: '', outcome: 'complete' });
  });

  test('that reads slowly is sent nothing until it has read, and then all', async () => {
    client.reads = false;
    stream.write('data: 1\n\n');
    const done = follow();
    await settle();
    stream.write('data: 2\n\n');
    stream.write('data: 3\n\n');
    stream.finish('complete');
    await pass(1_000);
    expect(client.text).toBe('data: 1\n\n');
    expect(client.state).toBe('open');
    client.drain();
    await done;
    expect(client.text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    expect(client.outcome).toBe('complete');
  });

  test('that does not read at all is cut off in time', async () => {
    client.reads = false;
    stream.write('data: 1\n\n');
    const done = follow();
    await settle();
    await pass(clientStallTimeoutMs - 250);
    expect(client.state).toBe('open');
    await pass(250);
    await done;
    expect(client.state).toBe('destroyed');
  });

  test('is sent comments while nothing comes, without ids and only in silence', async () => {
    const done = follow({ withIds: true });
    await pass(heartbeatMs - 250);
    expect(client.text).toBe('');
    await pass(250);
    expect(client.text).toBe(': keep-alive\n\n');
    stream.write('data: 1\n\n');
    await settle();
    await pass(heartbeatMs - 250);
    expect(client.text).toBe(': keep-alive\n\nid: 1\ndata: 1\n\n');
    await pass(250);
    expect(client.text).toBe(': keep-alive\n\nid: 1\ndata: 1\n\n: keep-alive\n\n');
    client.leave();
    await done;
  });

  test('that leaves is let go, and nothing goes on for it', async () => {
    let listeners = 0;
    const source: StreamSource = {
      read: (from) => stream.read(from),
      onChange: (listener) => {
        listeners += 1;
        const stop = stream.onChange(listener);
        return () => {
          listeners -= 1;
          stop();
        };
      },
    };
    const done = follow({ source });
    await settle();
    client.leave();
    await done;
    expect(listeners).toBe(0);
    stream.write('data: 1\n\n');
    await pass(heartbeatMs * 2);
    expect(client.text).toBe('');
  });

  test('of a stream that failed sees its events and an end that is none', async () => {
    stream.write('data: 1\n\n');
    stream.finish('failed');
    await follow();
    expect(client).toMatchObject({ text: 'data: 1\n\n', outcome: 'failed' });
  });

  test('of a stream whose process died is told so after the last event', async () => {
    const read = (from: number) => ({ events: ['data: 1\n\n'].slice(from), state: 'lost' as const });
    await follow({ source: { read, onChange: () => () => undefined } });
    expect(client).toMatchObject({ text: 'data: 1\n\ndata: lost\n\n', outcome: 'failed' });
  });

  test('is cut off when the record cannot be read, so that it comes back for the rest', async () => {
    const source: StreamSource = {
      read: () => Promise.reject(new Error('down')),
      onChange: () => () => undefined,
    };
    await expect(follow({ source })).rejects.toThrow('down');
    expect(client.state).toBe('destroyed');
  });

  test('gets every part of a record that is read in parts, without waiting', async () => {
    const all = Array.from({ length: 10 }, (_, index) => `data: ${index}\n\n`);
    const source: StreamSource = {
      read: (from) => ({ events: all.slice(from, from + 3), state: from < 10 ? 'live' : 'complete' }),
      onChange: () => () => undefined,
    };
    await follow({ source });
    expect(client.text).toBe(all.join(''));
  });
});
