import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { targetsInRegion } from './region.ts';

const regions: Readonly<Record<string, string | undefined>> = { a: 'eu', b: 'us', c: undefined };
const regionOf = (upstream: string) => regions[upstream];
const targets = ['a', 'b', 'c'].map((upstream) => ({ upstream, model: 'm' }));

test('without a demand all targets stay', () => {
  expect(targetsInRegion(targets, [undefined, undefined], regionOf)).toBe(targets);
});

test('with demands only targets that satisfy all of them are left, or there is an error that names the regions', () => {
  const demand = fc.constantFrom('eu', 'us', 'mars', undefined);
  fc.assert(
    fc.property(demand, demand, (tenant, request) => {
      if (tenant === undefined && request === undefined) return;
      try {
        const left = targetsInRegion(targets, [tenant, request], regionOf);
        expect(left.length).toBeGreaterThan(0);
        for (const { upstream } of left)
          for (const asked of [tenant, request]) if (asked !== undefined) expect(regionOf(upstream)).toBe(asked);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        expect(error.code).toBe('REGION_NOT_AVAILABLE');
        expect(error.message).toContain('eu, us');
        expect(targets.some(({ upstream }) => regionOf(upstream) === tenant && tenant === request)).toBe(false);
      }
    }),
  );
});

test('a model without any region says so', () => {
  expect(() => targetsInRegion([{ upstream: 'c', model: 'm' }], ['eu'], regionOf)).toThrow(/names no region/);
});

test('an empty demand or an empty region satisfies nothing; letters of either case are the same', () => {
  const blank = [{ upstream: 'blank', model: 'm' }];
  expect(() => targetsInRegion(blank, [''], () => ' ')).toThrow(/names no region/);
  expect(() => targetsInRegion(targets, ['eu-west-1'], regionOf)).toThrow(/run in: eu, us/);
  expect(targetsInRegion(targets, ['EU ', undefined], regionOf)).toEqual([targets[0]]);
});
