import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import type { BatchLine } from './batch.ts';
import { isPassing, runLines, type LineAnswer } from './run-lines.ts';

const answer = (status: number, more: Partial<LineAnswer> = {}): LineAnswer => ({
  status,
  requestId: 'req',
  body: {},
  ...more,
});
const settled = () => new Promise(setImmediate);

function create(count: number, options: { concurrency?: number; deadlineMs?: number } = {}) {
  const clock = createManualClock(0);
  const stop = new AbortController();
  const lines: BatchLine[] = Array.from({ length: count }, (_, index) => ({
    lineNo: index + 1,
    customId: `id-${index}`,
    body: {},
  }));
  const done: number[] = [];
  const state = { cancelled: false, running: 0, peak: 0, over: false };
  const run = (reply: (line: BatchLine, tries: number) => LineAnswer | Promise<LineAnswer>) => {
    const tries = new Map<number, number>();
    void runLines({
      clock,
      random: () => 0.5,
      concurrency: options.concurrency ?? 4,
      next: (after, limit) =>
        Promise.resolve(lines.filter((line) => line.lineNo > after && !done.includes(line.lineNo)).slice(0, limit)),
      run: async (line) => {
        const tried = (tries.get(line.lineNo) ?? 0) + 1;
        tries.set(line.lineNo, tried);
        state.running += 1;
        state.peak = Math.max(state.peak, state.running);
        await settled();
        const given = await reply(line, tried);
        state.running -= 1;
        return given;
      },
      done: (line) => {
        done.push(line.lineNo);
        return Promise.resolve();
      },
      deadlineMs: options.deadlineMs ?? Infinity,
      signal: stop.signal,
      isCancelled: () => state.cancelled,
    }).then(() => {
      state.over = true;
    });
  };
  const wait = async (turns = 400, stepMs = 500) => {
    for (let turn = 0; turn < turns && !state.over; turn += 1) {
      for (let count = 0; count < 6; count += 1) await settled();
      clock.advance(stepMs);
    }
  };
  return { clock, stop, done, state, run, wait };
}

describe('lines', () => {
  test('are each answered once, whatever passing refusals come between, no more than allowed at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.func(fc.constantFrom(200, 200, 200, 429, 503, 400)),
        async (count, concurrency, statusOf) => {
          const { done, state, run, wait } = create(count, { concurrency });
          run((line, tries) => answer(tries > 3 ? 200 : statusOf(line.lineNo, tries)));
          await wait();
          expect(state.over).toBe(true);
          expect(done.toSorted((one, other) => one - other)).toEqual(
            Array.from({ length: count }, (_, index) => index + 1),
          );
          expect(state.peak).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('wait as long as they are told to, all of them', async () => {
    const { clock, done, run, wait } = create(3, { concurrency: 1 });
    run((line, tries) => (line.lineNo === 1 && tries === 1 ? answer(429, { retryAfterSeconds: 10 }) : answer(200)));
    await wait(18);
    expect([clock.now() < 10_000, done]).toEqual([true, []]);
    await wait(6);
    expect(done).toEqual([1, 2, 3]);
  });

  test('are not begun after the deadline, nor when cancelled', async () => {
    const late = create(5, { deadlineMs: 2_000, concurrency: 1 });
    late.run(() => answer(429));
    await late.wait(20);
    expect([late.state.over, late.done]).toEqual([true, []]);
    const cancelled = create(50, { concurrency: 2 });
    cancelled.run((line) => {
      if (line.lineNo === 6) cancelled.state.cancelled = true;
      return answer(200);
    });
    await cancelled.wait();
    expect(cancelled.done.length).toBeLessThan(10);
    expect(cancelled.done).toContain(6);
  });

  test('that are put down in the middle count as not carried out', async () => {
    const { done, state, stop, run, wait } = create(20, { concurrency: 2 });
    run((line) => {
      if (line.lineNo === 5) stop.abort();
      return answer(200);
    });
    await wait();
    expect([state.over, done.includes(5)]).toEqual([true, false]);
  });
});

test('a quota that is used up is no passing matter', () => {
  expect(isPassing(answer(429))).toBe(true);
  expect(isPassing(answer(429, { body: { error: { code: 'insufficient_quota' } } }))).toBe(false);
  expect([400, 401, 404].some((status) => isPassing(answer(status)))).toBe(false);
});
