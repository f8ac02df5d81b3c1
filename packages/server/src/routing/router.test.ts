import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { Target } from './order-targets.ts';
import { createRouter, type Attempt } from './router.ts';

const settings = settingsSchema.parse({
  brand: { name: 'Test', key_prefix: 'sk-', test_key_prefix: 'tk-', service_id: 'test' },
  default_plan: 'free',
  upstreams: {
    a: { kind: 'builtin' },
    b: { kind: 'builtin' },
    narrow: { kind: 'builtin', max_concurrency: 1, queue_length: 1, queue_timeout_ms: 500 },
  },
  models: {},
  plans: { free: {} },
  routing: {
    deadline_ms: 5_000,
    attempts_per_target: 2,
    backoff_ms: 100,
    max_backoff_ms: 1_000,
    breaker: { failures: 3, open_ms: 10_000, probes: 1 },
  },
});
const target = (upstream: string): Target => ({ upstream, model: 'm' });
const a = target('a');
const b = target('b');
const narrow = target('narrow');
const failure = (code: 'UPSTREAM_ERROR' | 'UPSTREAM_TIMEOUT' | 'UPSTREAM_AUTH' | 'UPSTREAM_REJECTED' | 'overloaded') =>
  new AppError(code, code, code === 'overloaded' ? { retryAfterSeconds: 1 } : {});
const settled = () => new Promise(setImmediate);

function create() {
  const clock = createManualClock();
  const router = createRouter({
    clock,
    random: () => 0.5,
    settings: settings.routing,
    upstreams: settings.upstreams,
  });
  /** Routes with answers by target, and moves time on while it waits. */
  const route = async (
    targets: readonly Target[],
    answer: (name: string, count: number) => AppError | undefined,
    signal = new AbortController().signal,
  ) => {
    const attempts: Attempt[] = [];
    const asked: string[] = [];
    let outcome = 'running';
    let finish: ((how: 'completed' | 'failed' | 'cancelled') => void) | undefined;
    const done = router
      .route({
        targets,
        signal,
        attempts,
        attempt: ({ upstream }) => {
          asked.push(upstream);
          const error = answer(upstream, asked.length);
          return error === undefined ? Promise.resolve(upstream) : Promise.reject(error);
        },
      })
      .then(
        (routed) => {
          outcome = routed.answer;
          finish = (how) => {
            routed.finish(how);
          };
        },
        (error: unknown) => {
          outcome = error instanceof AppError ? error.code : String(error);
        },
      );
    for (let turn = 0; turn < 300 && outcome === 'running'; turn += 1) {
      await settled();
      clock.advance(20);
    }
    if (outcome !== 'running') await done;
    return { outcome, asked, attempts, finish: finish ?? (() => undefined) };
  };
  return { clock, router, route };
}

describe('routing', () => {
  test('leaves no record of a target that answers at once', async () => {
    const { route } = create();
    expect(await route([a, b], () => undefined)).toMatchObject({ outcome: 'a', asked: ['a'], attempts: [] });
  });

  test('goes to the next target at once, and back to the first after a pause', async () => {
    const { route } = create();
    const { outcome, asked, attempts } = await route([a, b], (_name, count) =>
      count < 3 ? failure('UPSTREAM_ERROR') : undefined,
    );
    expect([outcome, asked]).toEqual(['a', ['a', 'b', 'a']]);
    expect(attempts.map((attempt) => [attempt.target, attempt.outcome])).toEqual([
      ['a/m', 'UPSTREAM_ERROR'],
      ['b/m', 'UPSTREAM_ERROR'],
      ['a/m', 'ok'],
    ]);
  });

  test('does not ask again who was too late or refuses the operator, and nobody else when the caller is at fault', async () => {
    const { route } = create();
    expect((await route([a, b], () => failure('UPSTREAM_TIMEOUT'))).asked).toEqual(['a', 'b']);
    expect((await route([a], () => failure('UPSTREAM_AUTH'))).asked).toEqual(['a']);
    expect(await route([a, b], () => failure('UPSTREAM_REJECTED'))).toMatchObject({
      outcome: 'UPSTREAM_REJECTED',
      asked: ['a'],
    });
  });

  test('leaves a target alone whose circuit is open, and fails fast when there is no other', async () => {
    const { route, clock, router } = create();
    await route([a], () => failure('UPSTREAM_ERROR'));
    await route([a], () => failure('UPSTREAM_ERROR'));
    expect(router.states()).toMatchObject([{ target: 'a/m', circuit: 'open' }]);
    expect(await route([a, b], () => undefined)).toMatchObject({ outcome: 'b', asked: ['b'] });
    expect(await route([a], () => undefined)).toMatchObject({ outcome: 'overloaded', asked: [] });
    clock.advance(10_000);
    expect(await route([a], () => undefined)).toMatchObject({ outcome: 'a', asked: ['a'] });
    expect(router.states()).toMatchObject([{ circuit: 'closed', failures: 0 }, {}]);
  });

  test('counts a stream that broke off against its target', async () => {
    const { route, router } = create();
    for (let count = 0; count < 3; count += 1) {
      const { finish } = await route([a], () => undefined);
      finish('failed');
      finish('failed');
    }
    expect(router.states()[0]).toMatchObject({ circuit: 'open', failures: 3, inFlight: 0 });
  });

  test('waits for a place, uses another target meanwhile, and gives places back', async () => {
    const { route, router } = create();
    const first = await route([narrow], () => undefined);
    expect((await route([narrow, a], () => undefined)).outcome).toBe('a');
    const late = await route([narrow], () => undefined);
    expect(late.outcome).toBe('overloaded');
    first.finish('completed');
    first.finish('completed');
    const next = await route([narrow], () => undefined);
    expect(next.outcome).toBe('narrow');
    next.finish('cancelled');
    expect(router.states()[0]).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test('stops at once when nobody waits any more', async () => {
    const { route } = create();
    const abort = new AbortController();
    const { outcome, asked } = await route(
      [a, b],
      () => {
        abort.abort();
        return failure('UPSTREAM_ERROR');
      },
      abort.signal,
    );
    expect([outcome, asked]).toEqual(['UPSTREAM_ERROR', ['a']]);
  });

  test('keeps its bounds for any sequence of faults: tries, deadline, places', async () => {
    const codes = fc.constantFrom('UPSTREAM_ERROR', 'UPSTREAM_TIMEOUT', 'UPSTREAM_AUTH', 'overloaded', undefined);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(codes, { maxLength: 8 }), { maxLength: 8 }), async (calls) => {
        const { route, router, clock } = create();
        for (const faults of calls) {
          const startedAtMs = clock.now();
          const { outcome, asked, finish } = await route([a, narrow, b], (_name, count) => {
            const code = faults[count - 1];
            return code === undefined ? undefined : failure(code);
          });
          expect(outcome).not.toBe('running');
          for (const name of ['a', 'narrow', 'b'])
            expect(asked.filter((upstream) => upstream === name).length).toBeLessThanOrEqual(2);
          expect(clock.now() - startedAtMs).toBeLessThanOrEqual(5_000 + 1_000);
          finish('completed');
          expect(router.states().every(({ inFlight, queued }) => inFlight === 0 && queued === 0)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});
