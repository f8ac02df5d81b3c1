import { personKeyId } from '../accounts/oauth/token-records.ts';
import type { Membership, Person } from '../accounts/membership-store.ts';
import type { Feature } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import { requireFeature, requireOpenTrial, requireScope } from '../gateway/entitle.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { reserveRequest } from '../gateway/reserve.ts';
import type { KeyStore } from '../keys/store.ts';
import type { Principal } from '../keys/key.ts';

export interface MemberPrincipalOptions {
  readonly gateway: Gateway;
  /** Who ordered work, as of now: keys, applications and people. */
  readonly findById: KeyStore['findById'];
}

/**
 * A member as the road knows him, for what he puts in from the console: refused and counted as his calls of the API are.
 * Staff who look in have no place of their own: what they ordered could not be carried out, so they order nothing.
 * @throws AppError INSUFFICIENT_ROLE, TRIAL_ENDED, TENANT_SUSPENDED, INSUFFICIENT_SCOPE, PLAN_LIMIT_EXCEEDED, RATE_LIMIT_EXCEEDED
 */
export async function memberPrincipal(
  { gateway, findById }: MemberPrincipalOptions,
  { membership, person }: { readonly membership: Membership; readonly person: Person },
  feature: Feature,
): Promise<Principal> {
  const found = await findById(membership.tenantId, personKeyId(person.id));
  if (found === undefined)
    throw new AppError('INSUFFICIENT_ROLE', 'Who only looks in puts nothing in. A member of the organisation can.');
  const { principal } = found;
  requireOpenTrial(principal, gateway.clock.now());
  requireScope(principal, 'files');
  requireFeature(gateway.catalog, principal, feature);
  await reserveRequest(gateway, principal);
  return principal;
}
