import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { claimTurn } from './claim-turn.ts';
import { repeat } from './repeat.ts';

test('work is done now and then, never twice at once, whatever fails, and its end is waited for', async () => {
  const clock = createManualClock();
  const logger = createRecordingLogger();
  const ends: ((error?: Error) => void)[] = [];
  const close = repeat({ clock, logger, what: 'a test', everyMs: 1_000 }, () => {
    return new Promise<void>((resolve, reject) => {
      ends.push((error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  });
  clock.advance(5_000);
  expect(ends.length).toBe(1);
  ends[0]?.(new Error('gone'));
  await expect.poll(() => logger.lines.length).toBe(1);
  expect(logger.lines).toMatchObject([{ level: 'warn', fields: { what: 'a test', reason: 'gone' } }]);
  await expect
    .poll(() => {
      clock.advance(1_000);
      return ends.length;
    })
    .toBe(2);
  let isClosed = false;
  const closing = close().then(() => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  ends[1]?.();
  await closing;
  clock.advance(10_000);
  expect(ends.length).toBe(2);
});

describeEachDatabase('turns', (database) => {
  test('are one process’s each, and the next one’s a while later', async () => {
    const clock = createManualClock();
    const name = randomUUID();
    const claim = () => claimTurn({ database: database(), clock }, name, 60_000);
    const count = async () => (await Promise.all(Array.from({ length: 5 }, claim))).filter(Boolean).length;
    expect(await count()).toBe(1);
    clock.advance(30_000);
    expect(await count()).toBe(0);
    clock.advance(30_000);
    expect(await count()).toBe(1);
  });
});
