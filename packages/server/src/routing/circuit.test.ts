import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Circuit, type Pass } from './circuit.ts';

const policy = { failures: 3, open_ms: 1_000, probes: 2 };

function failTimes(circuit: Circuit, times: number, nowMs: number): void {
  for (let count = 0; count < times; count += 1) circuit.failed(circuit.enter(nowMs) ?? 'call', nowMs);
}

describe('a circuit', () => {
  test('opens after so many failures in a row, not before', () => {
    const circuit = new Circuit(policy);
    failTimes(circuit, 2, 0);
    circuit.succeeded('call');
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
    expect([circuit.enter(1_000), circuit.enter(1_000), circuit.enter(1_000)]).toEqual(['probe', 'probe', undefined]);
    circuit.succeeded('probe');
    expect(circuit.state(1_000)).toBe('closed');
    expect(circuit.failures).toBe(0);
  });

  test('opens anew when a probe fails, and takes a probe that was given up as none', () => {
    const circuit = new Circuit({ ...policy, probes: 1 });
    failTimes(circuit, 3, 0);
    expect(circuit.enter(1_000)).toBe('probe');
    circuit.abandoned('probe');
    expect(circuit.enter(1_000)).toBe('probe');
    circuit.failed('probe', 1_200);
    expect(circuit.state(2_199)).toBe('open');
    expect(circuit.enter(2_200)).toBe('probe');
  });

  test('is not closed by a call from before it opened', () => {
    const circuit = new Circuit(policy);
    const early = circuit.enter(0);
    failTimes(circuit, 3, 0);
    circuit.succeeded(early ?? 'call');
    expect(circuit.state(0)).toBe('open');
  });

  test('never has more probes under way than allowed, whatever happens', () => {
    const step = fc.record({
      kind: fc.constantFrom('enter', 'succeed', 'fail', 'abandon'),
      waitMs: fc.integer({ min: 0, max: 1_500 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const circuit = new Circuit(policy);
        const running: Pass[] = [];
        let nowMs = 0;
        for (const { kind, waitMs } of steps) {
          nowMs += waitMs;
          if (kind === 'enter') {
            const state = circuit.state(nowMs);
            const pass = circuit.enter(nowMs);
            if (state === 'open') expect(pass).toBeUndefined();
            if (pass !== undefined) running.push(pass);
          } else {
            const pass = running.shift();
            if (pass === undefined) continue;
            if (kind === 'succeed') circuit.succeeded(pass);
            else if (kind === 'fail') circuit.failed(pass, nowMs);
            else circuit.abandoned(pass);
          }
          expect(running.filter((pass) => pass === 'probe').length).toBeLessThanOrEqual(policy.probes);
        }
        // Nothing leaks: with all calls over and time gone by, a call is let through.
        for (const pass of running) circuit.abandoned(pass);
        expect(circuit.enter(nowMs + 10_000)).toBeDefined();
      }),
    );
  });
});
