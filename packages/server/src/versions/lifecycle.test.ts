import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayOf } from './calendar.ts';
import { deprecationHeaders, dueNotice, nextInstant, phaseAt, timelineOf, type DeprecationForm } from './lifecycle.ts';

const timeline = timelineOf('2026-05-18');
const at = (text: string) => Date.parse(text);
const links = { deprecation: 'https://api.example/moving', successor: 'https://api.example/openapi.json' };
const headersAt = (nowMs: number, form: DeprecationForm = 'rfc9745') => {
  const pairs = deprecationHeaders('API version 2026-01-15', timeline, nowMs, { links, form });
  return Object.fromEntries(
    pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1] ?? '']] : [])),
  ) as Record<string, string>;
};

describe('the twelve months of a deprecation', () => {
  test.each([
    ['2026-05-18T00:00:00Z', 'supported', 'deprecated'],
    ['2027-04-18T00:00:00Z', 'deprecated', 'final-month'],
    ['2027-05-18T00:00:00Z', 'final-month', 'retired'],
  ])('at %s, to the millisecond, %s becomes %s', (instant, before, after) => {
    expect(phaseAt(timeline, at(instant) - 1)).toBe(before);
    expect(phaseAt(timeline, at(instant))).toBe(after);
    expect(phaseAt(timeline, at(instant) + 1)).toBe(after);
  });

  test.each([
    ['2026-11-18T00:00:00Z', undefined, 'six-months'],
    ['2027-04-18T00:00:00Z', 'six-months', 'final-month'],
    ['2027-05-18T00:00:00Z', 'final-month', undefined],
  ])('at %s the notice that is due turns from %s to %s', (instant, before, after) => {
    expect(dueNotice(timeline, at(instant) - 1)).toBe(before);
    expect(dueNotice(timeline, at(instant))).toBe(after);
    expect(dueNotice(timeline, at(instant) + 1)).toBe(after);
  });

  test('a deprecation on a leap day or a month end has its instants on days that exist', () => {
    const days = (deprecatedAt: string) => {
      const { firstNoticeAtMs, finalNoticeAtMs, sunsetAtMs } = timelineOf(deprecatedAt);
      return [firstNoticeAtMs, finalNoticeAtMs, sunsetAtMs].map(dayOf);
    };
    expect(days('2028-02-29')).toEqual(['2028-08-29', '2029-01-29', '2029-02-28']);
    expect(days('2026-08-31')).toEqual(['2027-02-28', '2027-07-31', '2027-08-31']);
    expect(days('2027-03-31')).toEqual(['2027-09-30', '2028-02-29', '2028-03-31']);
  });

  test('between two calls of nextInstant the phase does not change', () => {
    const span = timeline.sunsetAtMs - timeline.deprecatedAtMs;
    fc.assert(
      fc.property(fc.integer({ min: -span, max: 2 * span }), fc.nat(2 * span), (offset, later) => {
        const nowMs = timeline.deprecatedAtMs + offset;
        const next = nextInstant(timeline, nowMs);
        expect(next).toBeGreaterThan(nowMs);
        if (nowMs + later < next) expect(phaseAt(timeline, nowMs + later)).toBe(phaseAt(timeline, nowMs));
        else expect(phaseAt(timeline, next)).not.toBe(phaseAt(timeline, nowMs));
      }),
    );
    expect(nextInstant(undefined, 0)).toBe(Infinity);
  });
});

describe('the headers of a deprecated contract', () => {
  test('there are none before its day', () => {
    expect(headersAt(timeline.deprecatedAtMs - 1)).toEqual({});
  });

  test('from its day on: when it was deprecated, when it ends, where to go', () => {
    expect(headersAt(timeline.deprecatedAtMs)).toEqual({
      Deprecation: '@1779062400',
      Sunset: 'Tue, 18 May 2027 00:00:00 GMT',
      Link: '<https://api.example/moving>; rel="deprecation", <https://api.example/openapi.json>; rel="successor-version", <https://api.example/moving>; rel="sunset"',
    });
  });

  test('the older form of Deprecation is an HTTP date with the right weekday', () => {
    expect(headersAt(timeline.deprecatedAtMs, 'http-date')['Deprecation']).toBe('Mon, 18 May 2026 00:00:00 GMT');
  });

  test('a warning comes in the last month and not a millisecond earlier', () => {
    expect(headersAt(timeline.finalNoticeAtMs - 1)).not.toHaveProperty('Warning');
    expect(headersAt(timeline.finalNoticeAtMs)['Warning']).toBe(
      '299 - "API version 2026-01-15 will be retired on Tue, 18 May 2027 00:00:00 GMT"',
    );
  });

  test('weekdays are those of the dates', () => {
    const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), (dayNumber) => {
        const { deprecatedAtMs, sunsetAtMs } = timelineOf(dayOf(dayNumber * 86_400_000));
        const some = deprecationHeaders('x', timelineOf(dayOf(dayNumber * 86_400_000)), deprecatedAtMs, {
          links,
          form: 'http-date',
        });
        // 1 January 1970 was a Thursday.
        expect(some[1]?.slice(0, 3)).toBe(names[(dayNumber + 4) % 7]);
        expect(some[3]?.slice(0, 3)).toBe(names[(sunsetAtMs / 86_400_000 + 4) % 7]);
      }),
    );
  });
});

describe('the notice that is due after a long downtime', () => {
  test('is the newest only', () => {
    expect(dueNotice(timeline, at('2027-05-17T23:59:59.999Z'))).toBe('final-month');
  });
  test('is none once the version is retired', () => {
    expect(dueNotice(timeline, at('2029-01-01T00:00:00Z'))).toBeUndefined();
  });
});
