import { AppError } from '../errors.ts';
import type { Target } from './order-targets.ts';

/**
 * The targets a request may be sent to. What tenant and request demand must both hold; an upstream that names no region
 * satisfies no demand, and nothing is ever sent elsewhere.
 * @param regionOf the region of an upstream
 * @throws AppError REGION_NOT_AVAILABLE naming the regions there are
 */
export function targetsInRegion(
  targets: readonly Target[],
  demands: readonly (string | undefined)[],
  regionOf: (upstream: string) => string | undefined,
): readonly Target[] {
  const asked = demands.filter((demand) => demand !== undefined);
  if (asked.length === 0) return targets;
  const allowed = targets.filter(({ upstream }) => asked.every((demand) => regionOf(upstream) === demand));
  if (allowed.length > 0) return allowed;
  const regions = [
    ...new Set(targets.map(({ upstream }) => regionOf(upstream)).filter((region) => region !== undefined)),
  ];
  const there = regions.length === 0 ? 'It names no region.' : `It is run in: ${regions.join(', ')}.`;
  throw new AppError(
    'REGION_NOT_AVAILABLE',
    `This model is not run in the region ${[...new Set(asked)].join(' and ')}. ${there}`,
    { param: 'X-Turnpike-Region' },
  );
}
