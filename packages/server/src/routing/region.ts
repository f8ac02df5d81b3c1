import { AppError } from '../errors.ts';
import type { Target } from './order-targets.ts';

const longestEchoed = 64;

/** Regions are compared whole: `eu` is not `eu-west-1`, as no rule for their parts holds for every vendor. */
function normalized(region: string | undefined): string | undefined {
  return region?.trim().toLowerCase();
}

/**
 * The targets a request may be sent to. What tenant and request demand must both hold; an upstream that names no region
 * satisfies no demand, not even an empty one, and nothing is ever sent elsewhere.
 * @param regionOf the region of an upstream
 * @throws AppError REGION_NOT_AVAILABLE naming the regions there are
 */
export function targetsInRegion(
  targets: readonly Target[],
  demands: readonly (string | undefined)[],
  regionOf: (upstream: string) => string | undefined,
): readonly Target[] {
  const asked = demands.map(normalized).filter((demand) => demand !== undefined);
  if (asked.length === 0) return targets;
  const region = ({ upstream }: Target) => normalized(regionOf(upstream)) ?? '';
  const allowed = targets.filter((target) => {
    const there = region(target);
    return there !== '' && asked.every((demand) => demand === there);
  });
  if (allowed.length > 0) return allowed;
  const regions = [...new Set(targets.map(region).filter((name) => name !== ''))].toSorted();
  const there = regions.length === 0 ? 'It names no region.' : `It is run in: ${regions.join(', ')}.`;
  const wanted = [...new Set(asked)].map((demand) => JSON.stringify(demand.slice(0, longestEchoed))).join(' and ');
  throw new AppError('REGION_NOT_AVAILABLE', `This model is not run in the region ${wanted}. ${there}`, {
    param: 'X-Turnpike-Region',
  });
}
