import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { ConcurrencyGate, type Place } from './concurrency-gate.ts';

const policy = { capacity: 2, queueLength: 2, queueTimeoutMs: 1_000 };
const settled = () => new Promise(setImmediate);
const never = new AbortController().signal;

interface Caller {
  outcome: string;
  place?: Place;
}

/** `in`, or why not. */
function enter(gate: ConcurrencyGate, signal = never, timeoutMs?: number): Caller {
  const caller: Caller = { outcome: 'waiting' };
  gate.enter(signal, timeoutMs).then(
    (place) => {
      caller.outcome = place === undefined ? 'gone' : 'in';
      if (place !== undefined) caller.place = place;
    },
    (error: unknown) => {
      caller.outcome = error instanceof AppError ? error.code : String(error);
    },
  );
  return caller;
}

const outcomes = (callers: readonly Caller[]) => callers.map(({ outcome }) => outcome);

describe('a gate', () => {
  test('lets so many in, then those who wait in the order in which they came', async () => {
    const gate = new ConcurrencyGate(policy, createManualClock());
    const callers = [enter(gate), enter(gate), enter(gate), enter(gate)];
    await settled();
    expect(outcomes(callers)).toEqual(['in', 'in', 'waiting', 'waiting']);
    callers[1]?.place?.release();
    expect(gate.tryEnter()).toBeUndefined();
    await settled();
    expect(outcomes(callers)).toEqual(['in', 'in', 'in', 'waiting']);
    expect([gate.taken, gate.queued]).toEqual([2, 1]);
  });

  test('takes a place back once only', async () => {
    const gate = new ConcurrencyGate(policy, createManualClock());
    const callers = [enter(gate), enter(gate)];
    await settled();
    callers[0]?.place?.release();
    callers[0]?.place?.release();
    expect(gate.taken).toBe(1);
  });

  test('refuses at once when the queue is full, and after a while who waits too long', async () => {
    const clock = createManualClock();
    const gate = new ConcurrencyGate(policy, clock);
    const callers = [...Array.from({ length: 3 }, () => enter(gate)), enter(gate, never, 300), enter(gate)];
    await settled();
    expect(callers[4]?.outcome).toBe('overloaded');
    clock.advance(300);
    await settled();
    expect(outcomes(callers)).toEqual(['in', 'in', 'waiting', 'overloaded', 'overloaded']);
    clock.advance(700);
    await settled();
    expect([callers[2]?.outcome, gate.queued]).toEqual(['overloaded', 0]);
  });

  test('forgets who gives up waiting', async () => {
    const gate = new ConcurrencyGate(policy, createManualClock());
    const abort = new AbortController();
    const callers = [enter(gate), enter(gate), enter(gate, abort.signal), enter(gate)];
    await settled();
    abort.abort();
    callers[0]?.place?.release();
    await settled();
    expect(outcomes(callers)).toEqual(['in', 'in', 'gone', 'in']);
  });

  test('never has more inside than it has places, loses none, and lets nobody pass by the queue', async () => {
    const step = fc.record({
      kind: fc.constantFrom('enter', 'try', 'release', 'abort', 'wait', 'settle'),
      pick: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = createManualClock();
        const gate = new ConcurrencyGate(policy, clock);
        const callers: { readonly caller: Caller; readonly abort: AbortController }[] = [];
        const inside = () => callers.filter(({ caller }) => caller.outcome === 'in');
        for (const { kind, pick } of steps) {
          const { caller, abort } = callers[pick % Math.max(1, callers.length)] ?? {};
          if (kind === 'enter') {
            const own = new AbortController();
            callers.push({ caller: enter(gate, own.signal), abort: own });
          } else if (kind === 'try') {
            const place = gate.tryEnter();
            if (gate.queued > 0) expect(place).toBeUndefined();
            if (place !== undefined) callers.push({ caller: { outcome: 'in', place }, abort: new AbortController() });
          } else if (kind === 'abort') abort?.abort();
          else if (kind === 'wait') clock.advance(400);
          else if (kind === 'settle') await settled();
          else if (caller?.place !== undefined) {
            caller.outcome = 'left';
            // Again and again: once counts.
            caller.place.release();
          }
          expect(gate.taken).toBeLessThanOrEqual(policy.capacity);
          expect(gate.queued).toBeLessThanOrEqual(policy.queueLength);
          expect(inside().length).toBeLessThanOrEqual(policy.capacity);
        }
        await settled();
        expect(gate.taken).toBe(inside().length);
        expect(gate.queued).toBe(callers.filter(({ caller }) => caller.outcome === 'waiting').length);
        clock.advance(1_000);
        await settled();
        for (const { caller } of inside()) caller.place?.release();
        expect([gate.taken, gate.queued]).toEqual([0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});
