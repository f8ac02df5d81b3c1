import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { depthOfPath, isConfigMap, overlay, valueAtPath, type ConfigMap } from './overlay.ts';

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const scalar = fc.oneof(fc.integer(), fc.string(), fc.boolean());
const anyMap: fc.Arbitrary<ConfigMap> = fc.letrec<{ map: ConfigMap; value: unknown }>((tie) => ({
  map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  value: fc.oneof({ depthSize: 'small' }, scalar, fc.constant(null), fc.array(scalar, { maxLength: 3 }), tie('map')),
})).map;
/** Maps in which a key always holds the same kind of value, and nothing is removed. */
const shapedMap: fc.Arbitrary<ConfigMap> = fc.record(
  {
    scalar,
    list: fc.array(scalar),
    inner: fc.record({ scalar, deeper: fc.dictionary(fc.constantFrom('x', 'y'), scalar) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

function holdsNullInMaps(value: unknown): boolean {
  return isConfigMap(value) && Object.values(value).some((item) => item === null || holdsNullInMaps(item));
}

describe('overlay', () => {
  test('merges maps by key and replaces lists and scalars', () => {
    const base = { a: { x: 1, y: [1, 2] }, b: 'kept' };
    expect(overlay(base, { a: { y: [3], z: 4 } })).toEqual({ a: { x: 1, y: [3], z: 4 }, b: 'kept' });
  });

  test('removes a key with null, at any depth, also inside a map that is new', () => {
    expect(overlay({ a: { x: 1, y: 2 } }, { a: { x: null }, b: { z: null } })).toEqual({ a: { y: 2 }, b: {} });
  });

  test('a map replaces a scalar and a scalar a map', () => {
    expect(overlay({ a: 1, b: { x: 1 } }, { a: { x: 1 }, b: 2 })).toEqual({ a: { x: 1 }, b: 2 });
  });

  test('laying the same map over twice changes nothing more', () => {
    fc.assert(
      fc.property(anyMap, anyMap, (base, top) => {
        const once = overlay(base, top);
        expect(overlay(once, top)).toEqual(once);
      }),
    );
  });

  test('an empty overlay changes nothing, and over nothing the overlay is the result less its nulls', () => {
    fc.assert(
      fc.property(anyMap, (map) => {
        const clean = overlay({}, map);
        expect(holdsNullInMaps(clean)).toBe(false);
        expect(overlay(clean, {})).toEqual(clean);
      }),
    );
  });

  test('layers of the same shape can be merged in any grouping', () => {
    fc.assert(
      fc.property(shapedMap, shapedMap, shapedMap, (a, b, c) => {
        expect(overlay(overlay(a, b), c)).toEqual(overlay(a, overlay(b, c)));
      }),
    );
  });

  test('never changes its arguments nor any prototype', () => {
    fc.assert(
      fc.property(anyMap, anyMap, (base, top) => {
        const before = structuredClone([base, top]);
        overlay(base, top);
        expect([base, top]).toEqual(before);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });
});

test('finds values and how deep a path goes', () => {
  const map = { a: { list: [{ x: 1 }], gone: null } };
  expect(valueAtPath(map, ['a', 'list', 0, 'x'])).toBe(1);
  expect(valueAtPath(map, ['a', 'toString'])).toBeUndefined();
  expect(depthOfPath(map, ['a', 'gone', 'deeper'])).toBe(2);
  expect(depthOfPath(map, ['b'])).toBe(0);
});
