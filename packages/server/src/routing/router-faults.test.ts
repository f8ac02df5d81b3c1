import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { Target } from './order-targets.ts';
import { targetsInRegion } from './region.ts';
import { createRouter, type Attempt, type Routed, type RouteOptions } from './router.ts';

const deadlineMs = 5_000;
const settings = settingsSchema.parse({
  brand: { name: 'Test', key_prefix: 'sk-', test_key_prefix: 'tk-', service_id: 'test' },
  default_plan: 'free',
  upstreams: {
    a: { kind: 'builtin', region: 'eu' },
    b: { kind: 'builtin', region: 'us' },
    narrow: { kind: 'builtin', max_concurrency: 1, queue_length: 1, queue_timeout_ms: 500, region: 'eu' },
    patient: { kind: 'builtin', max_concurrency: 1, queue_length: 1, queue_timeout_ms: 60_000 },
    nowhere: { kind: 'builtin' },
  },
  models: {},
  plans: { free: {} },
  routing: {
    deadline_ms: deadlineMs,
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
const failure = (code: ConstructorParameters<typeof AppError>[0], retryAfterSeconds?: number) =>
  new AppError(code, code, { retryAfterSeconds });
const settled = () => new Promise(setImmediate);

interface Asked {
  readonly upstream: string;
  readonly atMs: number;
}
interface Fate {
  /** How long the upstream takes. */
  readonly tookMs?: number;
  readonly error?: AppError | undefined;
}

function create() {
  const clock = createManualClock();
  const router = createRouter({ clock, random: () => 0.5, settings: settings.routing, upstreams: settings.upstreams });
  const begin = (
    targets: readonly Target[],
    fate: (name: string, count: number) => Fate,
    further: Pick<RouteOptions<unknown>, 'account'> & { readonly signal?: AbortSignal } = {},
  ) => {
    const startedAtMs = clock.now();
    const call = {
      attempts: [] as Attempt[],
      asked: [] as Asked[],
      outcome: 'running',
      error: undefined as AppError | undefined,
      routed: undefined as Routed<string> | undefined,
    };
    router
      .route({
        targets,
        signal: further.signal ?? new AbortController().signal,
        account: further.account,
        attempts: call.attempts,
        attempt: async ({ upstream }) => {
          call.asked.push({ upstream, atMs: clock.now() - startedAtMs });
          const { tookMs = 0, error } = fate(upstream, call.asked.length);
          if (tookMs > 0) {
            await new Promise<void>((resolve) => {
              const stop = clock.every(tookMs, () => {
                stop();
                resolve();
              });
            });
          }
          if (error !== undefined) throw error;
          return upstream;
        },
      })
      .then(
        (routed) => {
          call.routed = routed;
          call.outcome = routed.answer;
        },
        (error: unknown) => {
          call.outcome = error instanceof AppError ? error.code : String(error);
          if (error instanceof AppError) call.error = error;
        },
      );
    return call;
  };
  const until = async (isOver: () => boolean) => {
    for (let turn = 0; turn < 1_000 && !isOver(); turn += 1) {
      await settled();
      if (!isOver()) clock.advance(20);
    }
  };
  const route = async (...input: Parameters<typeof begin>) => {
    const call = begin(...input);
    await until(() => call.outcome !== 'running');
    return call;
  };
  return { clock, router, begin, route, until };
}

const names = (call: { readonly asked: readonly Asked[] }) => call.asked.map(({ upstream }) => upstream);

describe('routing under faults', () => {
  test('begins no attempt after the deadline, also not of the next target', async () => {
    const { route } = create();
    const late = { tookMs: 6_000, error: failure('UPSTREAM_TIMEOUT') };
    const call = await route([a, b], (name) => (name === 'a' ? late : {}));
    expect([call.outcome, names(call)]).toEqual(['UPSTREAM_TIMEOUT', ['a']]);
  });

  test('does not queue beyond the deadline', async () => {
    const { begin, route, until, clock } = create();
    const patient = target('patient');
    const holding = await route([patient], () => ({}));
    const startedAtMs = clock.now();
    const waiting = begin([patient], () => ({}));
    await until(() => waiting.outcome !== 'running' || clock.now() - startedAtMs > 8_000);
    expect(waiting).toMatchObject({ outcome: 'overloaded', asked: [] });
    holding.routed?.finish('completed');
  });

  test('asks no target again before the time that it asked for', async () => {
    const { route } = create();
    const call = await route([a, b], (name) => ({ error: failure('overloaded', name === 'a' ? 3 : 1) }));
    for (const { upstream, atMs } of call.asked.slice(2))
      expect(atMs).toBeGreaterThanOrEqual(upstream === 'a' ? 3_000 : 1_000);
    expect(names(call).toSorted()).toEqual(['a', 'a', 'b', 'b']);
  });

  test('a pause of one target holds up no other', async () => {
    const { route } = create();
    const call = await route([a, b], (name, count) =>
      count > 2 ? {} : { error: name === 'a' ? failure('UPSTREAM_ERROR') : failure('overloaded', 3) },
    );
    expect(call.outcome).toBe('a');
    expect(call.asked[2]?.atMs).toBeLessThanOrEqual(200);
  });

  test('honours a wait longer than the largest back-off where it fits before the deadline, and no other', async () => {
    const { route } = create();
    const fits = await route([a], (_name, count) => (count === 1 ? { error: failure('overloaded', 3) } : {}));
    expect(fits.outcome).toBe('a');
    const doesNot = await route([b], () => ({ error: failure('overloaded', 5) }));
    expect([doesNot.outcome, names(doesNot)]).toEqual(['overloaded', ['b']]);
  });

  test('comes back to a full target when the others have failed', async () => {
    const { begin, route, until } = create();
    const holding = await route([narrow], () => ({}));
    const call = begin([narrow, b], (name) => (name === 'b' ? { error: failure('UPSTREAM_AUTH') } : {}));
    await settled();
    holding.routed?.finish('completed');
    await until(() => call.outcome !== 'running');
    expect([call.outcome, names(call)]).toEqual(['narrow', ['b', 'narrow']]);
    call.routed?.finish('completed');
  });

  test('tells the error of the target, not that its circuit has opened since', async () => {
    const { route } = create();
    await route([a], () => ({ error: failure('UPSTREAM_ERROR') }));
    const call = await route([a], () => ({ error: failure('UPSTREAM_ERROR') }));
    expect([call.outcome, names(call)]).toEqual(['UPSTREAM_ERROR', ['a']]);
  });

  test('a used-up account of one tenant keeps no other from the target', async () => {
    const { route, router } = create();
    for (let count = 0; count < 4; count += 1)
      await route([a], () => ({ error: failure('overloaded', 60) }), { account: 'tenant_1' });
    expect((await route([a], () => ({}), { account: 'tenant_1' })).asked).toEqual([]);
    expect((await route([a], () => ({}), { account: 'tenant_2' })).outcome).toBe('a');
    expect((await route([a], () => ({}))).outcome).toBe('a');
    expect(router.states()).toMatchObject([{ target: 'a/m', circuit: 'closed' }]);
  });

  test('streams that break off open the circuit, those that we fail at do not', async () => {
    const { route, router } = create();
    for (let count = 0; count < 4; count += 1)
      (await route([a], () => ({}))).routed?.finish('failed', failure('INTERNAL_ERROR'));
    expect(router.states()).toMatchObject([{ circuit: 'closed', failures: 0 }]);
    for (let count = 0; count < 3; count += 1)
      (await route([a], () => ({}))).routed?.finish('failed', failure('UPSTREAM_TIMEOUT'));
    expect(router.states()).toMatchObject([{ circuit: 'open' }]);
  });

  test('a refused key and a refused request say nothing against a target', async () => {
    const { route, router } = create();
    for (let count = 0; count < 5; count += 1) {
      await route([a], () => ({ error: failure('UPSTREAM_AUTH') }));
      await route([a], () => ({ error: failure('UPSTREAM_REJECTED') }));
    }
    expect(router.states()).toMatchObject([{ circuit: 'closed', failures: 0, inFlight: 0 }]);
  });

  test('keeps every bound for any faults, delays and departures', async () => {
    const fate = fc.record({
      tookMs: fc.constantFrom(0, 40, 700, 6_000),
      code: fc.constantFrom('UPSTREAM_ERROR', 'UPSTREAM_TIMEOUT', 'UPSTREAM_AUTH', 'overloaded', undefined),
      retryAfterSeconds: fc.constantFrom(undefined, 1, 3, 9),
    });
    const call = fc.record({
      fates: fc.array(fate, { maxLength: 6 }),
      leavesAfterMs: fc.option(fc.nat(3_000), { nil: undefined }),
      region: fc.constantFrom('eu', undefined),
      end: fc.constantFrom('completed', 'failed', 'cancelled'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 8 }), async (calls) => {
        const { begin, router, clock, until } = create();
        const all = [narrow, b, a, target('nowhere')];
        const begun = calls.map(({ fates, leavesAfterMs, region, end }) => {
          const abort = new AbortController();
          const targets = targetsInRegion(all, [region], (upstream) => settings.upstreams[upstream]?.region);
          const running = begin(
            targets,
            (_name, count) => {
              const { tookMs, code, retryAfterSeconds } = fates[count - 1] ?? {};
              return { tookMs: tookMs ?? 0, error: code && failure(code, retryAfterSeconds) };
            },
            { signal: abort.signal },
          );
          if (leavesAfterMs !== undefined) {
            const stop = clock.every(leavesAfterMs + 1, () => {
              stop();
              abort.abort();
            });
          }
          return { running, end, region };
        });
        await until(() => {
          for (const { running, end } of begun) running.routed?.finish(end);
          expect(router.states().find((state) => state.target === 'narrow/m')?.inFlight ?? 0).toBeLessThanOrEqual(1);
          return begun.every(({ running }) => running.outcome !== 'running');
        });
        for (const { running, region } of begun) {
          expect(running.outcome).not.toBe('running');
          expect(running.asked.every(({ atMs }) => atMs < deadlineMs)).toBe(true);
          for (const { upstream } of all)
            expect(names(running).filter((name) => name === upstream).length).toBeLessThanOrEqual(2);
          if (region !== undefined)
            expect(names(running).every((name) => settings.upstreams[name]?.region === region)).toBe(true);
          expect(running.attempts.length).toBeLessThanOrEqual(3 * all.length);
        }
        expect(router.states().every(({ inFlight, queued }) => inFlight === 0 && queued === 0)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
