import { describe, expect, test } from 'vitest';
import { FakeClient } from '../../../testing/fake-client.ts';
import { createManualClock } from '../../../testing/manual-clock.ts';
import { HeldConnection } from './held-connection.ts';

function setUp() {
  const fake = new FakeClient();
  const clock = createManualClock();
  return { fake, clock, held: new HeldConnection(fake, clock, 5_000) };
}

function deferred() {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  return {
    promise,
    resolve: () => {
      resolve(undefined);
    },
    reject: () => {
      reject(new Error('it failed'));
    },
  };
}

const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

describe('a connection that can be held', () => {
  test('sends at once while nothing is waited for', () => {
    const { fake, held } = setUp();
    held.openStream([]);
    expect(held.write('a')).toBe(true);
    held.end('complete');
    expect(fake).toMatchObject({ text: 'a', state: 'ended', outcome: 'complete' });
  });

  test.each(['resolve', 'reject'] as const)(
    'keeps what is sent until the work is over (%s), in its order',
    async (how) => {
      const { fake, held } = setUp();
      const work = deferred();
      held.openStream([]);
      held.write('a');
      held.holdFor(work.promise);
      held.write('b');
      held.write('c');
      held.end('complete');
      expect(fake).toMatchObject({ text: 'a', state: 'open' });
      work[how]();
      await settled();
      expect(fake).toMatchObject({ text: 'abc', state: 'ended', outcome: 'complete' });
    },
  );

  test('keeps a whole answer too', async () => {
    const { fake, held } = setUp();
    const work = deferred();
    held.holdFor(work.promise);
    held.sendJson(200, [], '{}');
    expect(fake.state).toBe('waiting');
    work.resolve();
    await settled();
    expect(fake).toMatchObject({ status: 200, text: '{}' });
  });

  test('waits for all works', async () => {
    const { fake, held } = setUp();
    const [first, second] = [deferred(), deferred()];
    held.openStream([]);
    held.holdFor(first.promise);
    held.holdFor(second.promise);
    held.write('a');
    first.resolve();
    await settled();
    expect(fake.text).toBe('');
    second.resolve();
    await settled();
    expect(fake.text).toBe('a');
  });

  test('waits no longer than it may, and sends nothing twice', async () => {
    const { fake, clock, held } = setUp();
    const work = deferred();
    held.openStream([]);
    held.holdFor(work.promise);
    held.write('a');
    clock.advance(5_000);
    expect(fake.text).toBe('a');
    held.write('b');
    work.resolve();
    await settled();
    clock.advance(20_000);
    expect(fake.text).toBe('ab');
  });

  test('asks a writer to wait, and lets it go on afterwards', async () => {
    const { fake, held } = setUp();
    const work = deferred();
    let drained = 0;
    held.onDrain(() => (drained += 1));
    held.openStream([]);
    held.holdFor(work.promise);
    expect(held.write('a')).toBe(false);
    work.resolve();
    await settled();
    expect(drained).toBe(1);
    expect(held.write('b')).toBe(true);
    expect(fake.text).toBe('ab');
  });

  test('leaves it to a slow client to say when it has read what was held', async () => {
    const { fake, held } = setUp();
    const work = deferred();
    let drained = 0;
    held.onDrain(() => (drained += 1));
    held.openStream([]);
    fake.reads = false;
    held.holdFor(work.promise);
    held.write('a');
    work.resolve();
    await settled();
    expect(drained).toBe(0);
    fake.drain();
    expect(drained).toBe(1);
  });

  test('drops what was held for a client that has gone', async () => {
    const { fake, held } = setUp();
    const work = deferred();
    held.openStream([]);
    held.holdFor(work.promise);
    held.write('a');
    fake.leave();
    work.resolve();
    await settled();
    expect(fake.text).toBe('');
    expect(held.isGone).toBe(true);
  });

  test('is cut at once', () => {
    const { fake, held } = setUp();
    held.openStream([]);
    held.holdFor(deferred().promise);
    held.destroy();
    expect(fake.state).toBe('destroyed');
  });
});
