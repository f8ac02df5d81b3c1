import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import { ConcurrencyGate } from './concurrency-gate.ts';

const policy = { capacity: 2, queueLength: 2, queueTimeoutMs: 1_000 };
const settled = () => new Promise(setImmediate);
const never = new AbortController().signal;

/** `in`, or why not. */
function enter(gate: ConcurrencyGate, signal = never): { outcome: string } {
  const caller = { outcome: 'waiting' };
  gate.enter(signal).then(
    () => {
      caller.outcome = 'in';
    },
    (error: unknown) => {
      caller.outcome = (error as { code: string }).code;
    },
  );
  return caller;
}

describe('a gate', () => {
  test('lets so many in, then those who wait in the order in which they came', async () => {
    const gate = new ConcurrencyGate(policy, createManualClock());
    const callers = [enter(gate), enter(gate), enter(gate), enter(gate)];
    await settled();
    expect(callers.map(({ outcome }) => outcome)).toEqual(['in', 'in', 'waiting', 'waiting']);
    gate.leave();
    await settled();
    expect(callers.map(({ outcome }) => outcome)).toEqual(['in', 'in', 'in', 'waiting']);
    expect([gate.taken, gate.queued]).toEqual([2, 1]);
  });

  test('refuses at once when the queue is full, and after a while who waits too long', async () => {
    const clock = createManualClock();
    const gate = new ConcurrencyGate(policy, clock);
    const callers = Array.from({ length: 5 }, () => enter(gate));
    await settled();
    expect(callers[4]?.outcome).toBe('overloaded');
    clock.advance(1_000);
    await settled();
    expect(callers.map(({ outcome }) => outcome)).toEqual(['in', 'in', 'overloaded', 'overloaded', 'overloaded']);
    expect(gate.queued).toBe(0);
  });

  test('forgets who gives up waiting', async () => {
    const gate = new ConcurrencyGate(policy, createManualClock());
    const abort = new AbortController();
    enter(gate);
    enter(gate);
    const first = enter(gate, abort.signal);
    const second = enter(gate);
    abort.abort();
    gate.leave();
    await settled();
    expect([first.outcome, second.outcome]).toEqual(['UPSTREAM_ERROR', 'in']);
  });

  test('never has more inside than it has places, and loses none', async () => {
    const step = fc.record({ kind: fc.constantFrom('enter', 'leave', 'abort', 'wait'), pick: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = createManualClock();
        const gate = new ConcurrencyGate(policy, clock);
        const callers: { readonly caller: { outcome: string }; readonly abort: AbortController }[] = [];
        const inside = () => callers.filter(({ caller }) => caller.outcome === 'in');
        for (const { kind, pick } of steps) {
          if (kind === 'enter') {
            const abort = new AbortController();
            callers.push({ caller: enter(gate, abort.signal), abort });
          } else if (kind === 'abort') callers[pick % Math.max(1, callers.length)]?.abort.abort();
          else if (kind === 'wait') clock.advance(400);
          else {
            const [leaving] = inside();
            if (leaving !== undefined) {
              leaving.caller.outcome = 'left';
              gate.leave();
            }
          }
          await settled();
          expect(inside().length).toBeLessThanOrEqual(policy.capacity);
          expect(gate.taken).toBe(inside().length);
          expect(gate.queued).toBe(callers.filter(({ caller }) => caller.outcome === 'waiting').length);
        }
        clock.advance(1_000);
        await settled();
        for (const _ of inside()) gate.leave();
        expect([gate.taken, gate.queued]).toEqual([0, 0]);
      }),
      { numRuns: 60 },
    );
  });
});
