import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cachePolicy } from './cache-policy.ts';

test.each([
  [undefined, undefined, undefined],
  ['max-age=60', undefined, { read: true, write: true, maxAgeSeconds: 60 }],
  ['Max-Age="60", private', undefined, { read: true, write: true, maxAgeSeconds: 60 }],
  ['max-age=999999', undefined, { read: true, write: true, maxAgeSeconds: 3_600 }],
  [undefined, 30, { read: true, write: true, maxAgeSeconds: 30 }],
  ['max-age=5', 30, { read: true, write: true, maxAgeSeconds: 5 }],
  ['no-store, max-age=60', 30, undefined],
  ['no-cache', undefined, undefined],
  ['no-cache', 30, { read: false, write: true, maxAgeSeconds: 30 }],
  ['max-age=0', undefined, undefined],
  ['max-age=0', 30, { read: false, write: true, maxAgeSeconds: 30 }],
  ['max-age=-1', undefined, undefined],
  ['max-age=soon', 30, { read: true, write: true, maxAgeSeconds: 30 }],
  ['only-if-cached', undefined, undefined],
])('Cache-Control %s with a default of %s', (header, keySeconds, expected) => {
  expect(cachePolicy(header, keySeconds, 3_600)).toEqual(expected);
});

test('whatever the header says, nothing is kept longer than allowed, and never without being asked', () => {
  fc.assert(
    fc.property(fc.string(), fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined }), (header, own) => {
      const policy = cachePolicy(header, own, 3_600);
      if (policy !== undefined) {
        expect(policy.maxAgeSeconds).toBeGreaterThan(0);
        expect(policy.maxAgeSeconds).toBeLessThanOrEqual(3_600);
      }
      if (own === undefined && !/max-age/i.test(header)) expect(policy).toBeUndefined();
    }),
  );
});
