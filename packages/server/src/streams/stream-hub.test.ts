import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { followStream } from '../gateway/follow-stream.ts';
import { createCipher } from '../secrets/cipher.ts';
import { FakeClient } from '../testing/fake-client.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { LiveStream } from './live-stream.ts';
import { createStreamHub, type Recording, type StreamHub } from './stream-hub.ts';
import type { StreamSource } from './stream-source.ts';
import { createStreamStore } from './stream-store.ts';

const masterKey = randomBytes(32);
const hourMs = 3_600_000;
const events = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `data: event ${from + index + 1} ä\n\n`);

describe('a live stream', () => {
  test('has events only: comments are not recorded', () => {
    const stream = new LiveStream('stream_1', 'ten_1');
    stream.write(': keep-alive\n\n');
    stream.write('data: 1\n\ndata: 2\n\n');
    stream.write(': keep-alive\n\ndata: 3\n\n');
    expect(stream.read(0)).toEqual({ events: ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'], state: 'live' });
    expect(stream.read(2).events).toEqual(['data: 3\n\n']);
    expect(stream.read(9).events).toEqual([]);
  });

  test('takes nothing after its end, and ends once', () => {
    const stream = new LiveStream('stream_1', 'ten_1');
    stream.finish('complete');
    stream.finish('failed');
    stream.write('data: late\n\n');
    expect(stream.read(0)).toEqual({ events: [], state: 'complete' });
  });

  test('is detached only while nobody follows', () => {
    const stream = new LiveStream('stream_1', 'ten_1');
    stream.attach();
    stream.attach();
    stream.detach(5);
    expect(stream.detachedSinceMs).toBeUndefined();
    stream.detach(7);
    expect(stream.detachedSinceMs).toBe(7);
    stream.attach();
    expect(stream.detachedSinceMs).toBeUndefined();
  });
});

describeEachDatabase('the stream hub', (database) => {
  let clock: ManualClock;
  let hubs: StreamHub[];
  let hub: StreamHub;
  let abandoned: string[];

  /** A hub as a process of its own has it. */
  const openHub = (itsClock: ManualClock = clock): StreamHub => {
    const fresh = createStreamHub({
      store: createStreamStore({ database: database(), clock: itsClock, cipher: createCipher(masterKey, 'streams') }),
      clock: itsClock,
      logger: createRecordingLogger(),
      limits: { maxBytes: 20_000, maxDetachedMs: 60_000, maxDetachedPerTenant: 2 },
    });
    hubs.push(fresh);
    return fresh;
  };
  const record = async (tenantId = 'ten_1', by: StreamHub = hub): Promise<Recording> =>
    by.record({ id: by.newId(), tenantId, onAbandon: (reason) => abandoned.push(reason) });
  const sourceOf = async (by: StreamHub, { stream }: Recording): Promise<StreamSource> => {
    const source = await by.source(stream.id, stream.tenantId);
    if (source === undefined) throw new Error('no source');
    return source;
  };
  /** Time goes on in steps, with the database given the time it needs. */
  const pass = async (ms: number, stepMs = 200) => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      clock.advance(stepMs);
      for (let round = 0; round < 3; round += 1) await database().query((executor) => executor.execute(sql`SELECT 1`));
    }
  };
  /** A follower as the road has them. */
  const follow = (source: StreamSource, after = 0) => {
    const client = new FakeClient();
    client.openStream([]);
    const done = followStream({
      ...{ source, client, clock, after, withIds: false },
      ...{ heartbeatMs: hourMs, clientStallTimeoutMs: hourMs, lostEvent: () => 'data: lost\n\n' },
    });
    return { client, done };
  };
  const until = async (condition: () => boolean) => {
    for (let step = 0; step < 200 && !condition(); step += 1) await pass(200);
    expect(condition()).toBe(true);
  };

  beforeEach(() => {
    clock = createManualClock();
    hubs = [];
    abandoned = [];
    hub = openHub();
  });
  afterEach(async () => {
    await Promise.all(hubs.map((one) => one.close()));
  });

  test('lets several follow one stream live, on its process and on another', async () => {
    const recording = await record();
    const other = openHub();
    recording.stream.write(events(0, 3).join(''));
    const near = [follow(await sourceOf(hub, recording)), follow(await sourceOf(hub, recording))];
    const far = follow(await sourceOf(other, recording));
    await until(() => far.client.text === events(0, 3).join(''));
    for (const { client } of near) expect(client.text).toBe(events(0, 3).join(''));
    for (let index = 3; index < 8; index += 1) {
      recording.stream.write(events(index, index + 1).join(''));
      await pass(200);
    }
    await recording.finish('complete');
    await until(() => far.client.state === 'ended');
    for (const { client, done } of [...near, far]) {
      await done;
      expect(client.text).toBe(events(0, 8).join(''));
      expect(client.outcome).toBe('complete');
    }
  });

  test('serves a finished stream from any event number, on any process', async () => {
    const recording = await record();
    for (let index = 0; index < 6; index += 1) {
      recording.stream.write(events(index * 2, index * 2 + 2).join(''));
      await pass(200);
    }
    await recording.finish('complete');
    expect(hub.recordingCount).toBe(0);
    for (const from of [0, 1, 5, 11, 12, 40]) {
      const { client, done } = follow(await sourceOf(openHub(), recording), from);
      await done;
      expect(client.text).toBe(events(from, Math.max(from, 12)).join(''));
      expect(client.outcome).toBe('complete');
    }
  });

  test('sends a long stored stream at once: no time passes between its pieces', async () => {
    const recording = await record();
    for (let index = 0; index < 120; index += 1) {
      recording.stream.write(events(index, index + 1).join(''));
      await pass(200);
    }
    await recording.finish('complete');
    const { client, done } = follow(await sourceOf(openHub(), recording));
    await done;
    expect(client.text).toBe(events(0, 120).join(''));
  });
  test('tells a reader elsewhere that the recording process has died, after its lease', async () => {
    const itsClock = createManualClock(clock.now());
    const dead = openHub(itsClock);
    const recording = await record('ten_1', dead);
    recording.stream.write(events(0, 2).join(''));
    itsClock.advance(200);
    // Written before the reader's time goes on: on a busy server its lease could pass first.
    for (let stored = 0; stored === 0;) {
      const { rows } = await database().query((executor) =>
        executor.execute<{ count: number }>(
          sql`SELECT count(*)::int AS count FROM stream_pieces WHERE stream_id = ${recording.stream.id}`,
        ),
      );
      stored = rows[0]?.count ?? 0;
    }
    const { client, done } = follow(await sourceOf(hub, recording));
    await until(() => client.text === events(0, 2).join(''));
    expect(client.state).toBe('open');
    await pass(31_000, 1_000);
    await done;
    expect(client.text).toBe(`${events(0, 2).join('')}data: lost\n\n`);
    expect(client.outcome).toBe('failed');
  });

  test('keeps the lease of a stream that lives, however long', async () => {
    const recording = await record();
    recording.stream.attach();
    await pass(120_000, 5_000);
    expect((await (await sourceOf(openHub(), recording)).read(0)).state).toBe('live');
  });

  test('tells readers of a failed stream so', async () => {
    const recording = await record();
    recording.stream.write(events(0, 1).join(''));
    await recording.finish('failed');
    await recording.finish('complete');
    const { client, done } = follow(await sourceOf(openHub(), recording));
    await done;
    expect(client).toMatchObject({ text: events(0, 1).join(''), outcome: 'failed' });
  });

  test('abandons a stream that nobody came back for, and not before', async () => {
    const { stream } = await record();
    stream.attach();
    await pass(120_000, 10_000);
    stream.detach(clock.now());
    await pass(59_800, 1_300);
    expect(abandoned).toEqual([]);
    clock.advance(200);
    expect(abandoned).toEqual(['nobody came back for the answer']);
  });

  test('does not abandon a stream while somebody reads it again', async () => {
    const { stream } = await record();
    stream.attach();
    stream.detach(clock.now());
    await pass(30_000, 10_000);
    stream.attach();
    await pass(90_000, 10_000);
    expect(abandoned).toEqual([]);
  });

  test('abandons a stream that grows too large', async () => {
    const { stream } = await record();
    stream.attach();
    stream.write(`data: ${'x'.repeat(19_000)}\n\n`);
    clock.advance(200);
    expect(abandoned).toEqual([]);
    stream.write(`data: ${'x'.repeat(1_000)}\n\n`);
    clock.advance(200);
    expect(abandoned).toEqual(['the answer is larger than what is recorded']);
  });

  test('lets so many streams of a tenant go on without a reader, and no more', async () => {
    const recordings = [await record(), await record(), await record(), await record('ten_2')];
    const leave = (index: number) => {
      const stream = recordings[index]?.stream;
      stream?.attach();
      stream?.detach(clock.now());
      return hub.mayDetach(stream?.tenantId ?? '');
    };
    expect(leave(0)).toBe(true);
    expect(leave(1)).toBe(true);
    expect(leave(3)).toBe(true);
    expect(leave(2)).toBe(false);
  });

  test('shows no tenant the streams of another', async () => {
    const recording = await record('ten_1');
    recording.stream.write(events(0, 1).join(''));
    expect(await hub.source(recording.stream.id, 'ten_2')).toBeUndefined();
    expect(await openHub().source(recording.stream.id, 'ten_2')).toBeUndefined();
    await recording.finish('complete');
    expect(await hub.source(recording.stream.id, 'ten_2')).toBeUndefined();
    expect(await hub.source(recording.stream.id, 'ten_1')).toBeDefined();
    expect(await hub.source('stream_none', 'ten_1')).toBeUndefined();
  });

  test('keeps a stream for 24 hours', async () => {
    const recording = await record();
    recording.stream.write(events(0, 1).join(''));
    await recording.finish('complete');
    clock.advance(24 * hourMs - 1);
    expect(await hub.source(recording.stream.id, 'ten_1')).toBeDefined();
    clock.advance(1);
    expect(await hub.source(recording.stream.id, 'ten_1')).toBeUndefined();
    const store = createStreamStore({ database: database(), clock, cipher: createCipher(masterKey, 'streams') });
    const piecesLeft = async () => {
      // The hub expires streams by itself; of two who do it at once one passes over what the other is deleting.
      await store.expire();
      const { rows } = await database().query((executor) =>
        executor.execute(sql`SELECT 1 FROM stream_pieces WHERE stream_id = ${recording.stream.id}`),
      );
      return rows.length;
    };
    await expect.poll(piecesLeft).toBe(0);
  });

  test('stores events sealed', async () => {
    const recording = await record();
    recording.stream.write('data: the-secret-of-the-answer\n\n');
    await recording.finish('complete');
    const { rows } = await database().query((executor) =>
      executor.execute<{ payload: Buffer }>(
        sql`SELECT payload FROM stream_pieces WHERE stream_id = ${recording.stream.id}`,
      ),
    );
    expect(rows).toHaveLength(1);
    expect(Buffer.from(rows[0]?.payload ?? []).includes('secret-of')).toBe(false);
  });
});
