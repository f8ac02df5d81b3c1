import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Circuit, type Pass } from './circuit.ts';

const policy = { failures: 3, open_ms: 1_000, probes: 2 };

function enter(circuit: Circuit, nowMs: number): Pass {
  const pass = circuit.enter(nowMs);
  if (pass === undefined) throw new Error('must be let through');
  return pass;
}

function failTimes(circuit: Circuit, times: number, nowMs: number, retryAfterMs?: number): void {
  for (let count = 0; count < times; count += 1) circuit.failed(enter(circuit, nowMs), nowMs, retryAfterMs);
}

describe('a circuit', () => {
  test('opens after so many failures in a row, not before', () => {
    const circuit = new Circuit(policy);
    failTimes(circuit, 2, 0);
    circuit.succeeded(enter(circuit, 0));
    failTimes(circuit, 2, 0);
    expect(circuit.state(0)).toBe('closed');
    failTimes(circuit, 1, 0);
    expect(circuit.state(0)).toBe('open');
    expect(circuit.enter(999)).toBeUndefined();
    expect(circuit.waitMs(400)).toBe(600);
  });

  test('lets single probes through after a while; one that succeeds closes it', () => {
    const circuit = new Circuit(policy);
    failTimes(circuit, 3, 0);
    const probe = enter(circuit, 1_000);
    enter(circuit, 1_000);
    expect([circuit.admits(1_000), circuit.enter(1_000)]).toEqual([false, undefined]);
    circuit.succeeded(probe);
    expect([circuit.state(1_000), circuit.failures]).toEqual(['closed', 0]);
  });

  test('opens anew when a probe fails, and takes a probe that was given up as none', () => {
    const circuit = new Circuit({ ...policy, probes: 1 });
    failTimes(circuit, 3, 0);
    circuit.abandoned(enter(circuit, 1_000));
    circuit.failed(enter(circuit, 1_000), 1_200);
    expect(circuit.state(2_199)).toBe('open');
    expect(circuit.enter(2_200)).toBeDefined();
  });

  test('is neither closed nor opened by a call from before', () => {
    const circuit = new Circuit(policy);
    const early = [enter(circuit, 0), enter(circuit, 0)] as const;
    failTimes(circuit, 3, 0);
    circuit.succeeded(early[0]);
    expect(circuit.state(0)).toBe('open');
    const probe = enter(circuit, 1_000);
    const slowProbe = enter(circuit, 1_000);
    circuit.failed(early[1], 1_000);
    expect(circuit.state(1_000)).toBe('half-open');
    circuit.failed(probe, 1_000);
    circuit.succeeded(slowProbe);
    expect(circuit.state(1_000)).toBe('open');
  });

  test('rests for as long as the last failure asks for, within a bound', () => {
    const circuit = new Circuit(policy);
    failTimes(circuit, 3, 0, 5_000);
    expect(circuit.waitMs(0)).toBe(5_000);
    circuit.failed(enter(circuit, 5_000), 5_000, 3_600_000);
    expect(circuit.waitMs(5_000)).toBe(60_000);
  });

  test('is not kept open by a clock that was set back', () => {
    const circuit = new Circuit(policy);
    failTimes(circuit, 3, 100_000);
    expect([circuit.state(100_000), circuit.state(50_000)]).toEqual(['open', 'half-open']);
  });

  test('opens when answers break off although they begin well, until one ends well', () => {
    const circuit = new Circuit(policy);
    const breakOff = (times: number, nowMs: number) => {
      for (let count = 0; count < times; count += 1) {
        circuit.succeeded(enter(circuit, nowMs));
        circuit.brokeOff(nowMs);
      }
    };
    breakOff(2, 0);
    circuit.completed();
    breakOff(2, 0);
    expect(circuit.state(0)).toBe('closed');
    breakOff(1, 0);
    expect(circuit.state(0)).toBe('open');
    breakOff(1, 1_000);
    expect(circuit.state(1_000)).toBe('open');
  });

  test('never has more probes under way than allowed, lets nothing through while open, loses no place', () => {
    const step = fc.record({
      kind: fc.constantFrom('enter', 'succeed', 'fail', 'abandon', 'break off', 'complete'),
      pick: fc.nat(10),
      waitMs: fc.integer({ min: 0, max: 1_500 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const circuit = new Circuit(policy);
        const running: { readonly pass: Pass; readonly isProbe: boolean }[] = [];
        let nowMs = 0;
        for (const { kind, pick, waitMs } of steps) {
          nowMs += waitMs;
          const state = circuit.state(nowMs);
          if (kind === 'enter') {
            const isAdmitted = circuit.admits(nowMs);
            const pass = circuit.enter(nowMs);
            expect(pass !== undefined).toBe(isAdmitted);
            if (state === 'open') expect(pass).toBeUndefined();
            if (state === 'closed') expect(pass).toBeDefined();
            if (pass !== undefined) running.push({ pass, isProbe: state === 'half-open' });
          } else if (kind === 'break off') circuit.brokeOff(nowMs);
          else if (kind === 'complete') circuit.completed();
          else {
            const [call] = running.splice(pick % Math.max(1, running.length), 1);
            if (call === undefined) continue;
            if (kind === 'succeed') circuit.succeeded(call.pass);
            else if (kind === 'fail') circuit.failed(call.pass, nowMs);
            else circuit.abandoned(call.pass);
          }
          expect(running.filter(({ isProbe }) => isProbe).length).toBeLessThanOrEqual(policy.probes);
        }
        for (const { pass } of running) circuit.abandoned(pass);
        nowMs += 10_000;
        const places = circuit.state(nowMs) === 'closed' ? 50 : policy.probes;
        for (let count = 0; count < places; count += 1) expect(circuit.enter(nowMs)).toBeDefined();
      }),
    );
  });
});
