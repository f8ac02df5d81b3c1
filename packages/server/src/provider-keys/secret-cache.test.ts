import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import { SecretCache } from './secret-cache.ts';

function open(maxEntries?: number) {
  const clock = createManualClock();
  const stored = new Map<string, string>();
  let reads = 0;
  let fails = false;
  const read = (tenantId: string, upstream: string) => {
    reads += 1;
    return fails ? Promise.reject(new Error('gone')) : Promise.resolve(stored.get(`${tenantId}/${upstream}`));
  };
  const cache = new SecretCache({ clock, read, ...(maxEntries === undefined ? {} : { maxEntries }) });
  return {
    clock,
    cache,
    stored,
    reads: () => reads,
    fail: (value: boolean) => {
      fails = value;
    },
  };
}

test('calls at once share one reading, for less than a second', async () => {
  const { cache, clock, stored, reads } = open();
  stored.set('t/u', 'first');
  expect(await Promise.all([cache.read('t', 'u'), cache.read('t', 'u')])).toEqual(['first', 'first']);
  stored.set('t/u', 'second');
  clock.advance(999);
  expect(await cache.read('t', 'u')).toBe('first');
  clock.advance(1);
  expect(await cache.read('t', 'u')).toBe('second');
  expect(reads()).toBe(2);
});

test('that there is none is known for as long', async () => {
  const { cache, reads } = open();
  expect([await cache.read('t', 'u'), await cache.read('t', 'u')]).toEqual([undefined, undefined]);
  expect(reads()).toBe(1);
});

test('a failure is not kept', async () => {
  const { cache, stored, fail } = open();
  stored.set('t/u', 'secret');
  fail(true);
  await expect(cache.read('t', 'u')).rejects.toThrow('gone');
  fail(false);
  expect(await cache.read('t', 'u')).toBe('secret');
});

test('what is forgotten is read anew', async () => {
  const { cache, stored } = open();
  stored.set('t/u', 'first');
  await cache.read('t', 'u');
  stored.set('t/u', 'second');
  cache.forget('t', 'u');
  expect(await cache.read('t', 'u')).toBe('second');
});

test('a clock that is set back makes nothing last longer', async () => {
  const { cache, clock, stored } = open();
  stored.set('t/u', 'first');
  await cache.read('t', 'u');
  stored.set('t/u', 'second');
  clock.leap(clock.now() - 3_600_000);
  expect(await cache.read('t', 'u')).toBe('second');
});

test('secrets that are not used leave the memory, and there are never more than allowed', async () => {
  const { cache, clock } = open(5);
  for (let count = 0; count < 20; count += 1) await cache.read('t', String(count));
  expect(cache.size).toBe(5);
  clock.advance(1_000);
  await cache.read('t', 'another');
  expect(cache.size).toBe(1);
});

test('whatever happens in whatever order, nothing older than a second is given', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('read' as const), upstream: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('change' as const), upstream: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 1_500 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { cache, clock, stored } = open(2);
      const history = new Map<string, { value: string | undefined; untilMs: number }[]>();
      let number = 0;
      for (const made of steps) {
        if (made.kind === 'pass') clock.advance(made.ms);
        else if (made.kind === 'change') {
          const past = history.get(made.upstream) ?? [];
          past.push({ value: stored.get(`t/${made.upstream}`), untilMs: clock.now() });
          history.set(made.upstream, past);
          stored.set(`t/${made.upstream}`, String((number += 1)));
        } else {
          const given = await cache.read('t', made.upstream);
          const old = (history.get(made.upstream) ?? []).find(({ value }) => value === given);
          if (given !== stored.get(`t/${made.upstream}`)) expect(clock.now() - (old?.untilMs ?? 0)).toBeLessThan(1_000);
        }
      }
    }),
  );
});
