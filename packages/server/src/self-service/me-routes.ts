import { ownAccount } from '@turnpike/contract/account';
import { actionsOf } from '../accounts/roles.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

/** GET /account/v1/me: who is signed in, for which organisation, and what they may do there. */
export function meRoutes(context: AccountContext): ApiRoute[] {
  return [
    accountRoute({
      context,
      method: 'GET',
      path: '/account/v1/me',
      operationId: 'getOwnAccount',
      summary: 'Who is signed in, and what they may do',
      responses: { 200: { description: 'The person and their organisations', schema: ownAccount } },
      handle: ({ person, membership, memberships }) => ({
        status: 200,
        body: {
          user: { id: person.id, email: person.email, name: person.name, email_verified: person.emailVerified },
          organization: membership.tenantId,
          allowed: actionsOf(membership.role),
          is_staff: context.staff.isMember(person),
          visiting: membership.isVisit === true,
          organizations: memberships.map(({ tenantId, tenantName, plan, role, trialEndsAt }) => ({
            ...{ id: tenantId, name: tenantName, plan, role },
            trial_ends_at: trialEndsAt?.toISOString() ?? null,
          })),
        },
      }),
    }),
  ];
}
