import { organizationSettings, updateOrganizationRequest } from '@turnpike/contract/account-members';
import type { z } from 'zod';
import { AppError } from '../errors.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { Tenant, TenantStore } from '../tenants/store.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

export interface OrganizationRoutesOptions {
  readonly context: AccountContext;
  readonly tenants: TenantStore;
  /** Regions that some upstream is in. */
  readonly regions: readonly string[];
  readonly onChange: (tenantId: string) => void;
}

function present(tenant: Tenant): z.output<typeof organizationSettings> {
  return {
    id: tenant.id,
    name: tenant.name,
    contact_email: tenant.contactEmail,
    region: tenant.region,
    kept_bodies_days: tenant.keptBodiesDays,
    plan: tenant.plan,
    suspended: tenant.suspended,
    trial_ends_at: tenant.trialEndsAt?.toISOString() ?? null,
    created_at: tenant.createdAt.toISOString(),
  };
}

/** A region with no upstream in it would refuse every call. @throws AppError INVALID_REQUEST */
function requireRegion(regions: readonly string[], region: string | null | undefined): void {
  if (region === undefined || region === null || regions.includes(region)) return;
  const known = regions.length === 0 ? 'No upstream here has one.' : `There are: ${regions.join(', ')}.`;
  throw new AppError('INVALID_REQUEST', `region: no model is run in ${JSON.stringify(region)}. ${known}`, {
    param: 'region',
  });
}

/** The organisation's own settings. Plan, trial and suspension are the vendor's. */
export function organizationRoutes({ context, tenants, regions, onChange }: OrganizationRoutesOptions): ApiRoute[] {
  const common = { context, path: '/account/v1/organization' } as const;
  const responses = { 200: { description: 'The organisation', schema: organizationSettings } };
  return [
    accountRoute({
      ...common,
      action: 'settings:read',
      method: 'GET',
      operationId: 'getOrganization',
      summary: 'The organisation and its settings',
      responses,
      handle: async ({ membership: { tenantId } }) => ({ status: 200, body: present(await tenants.get(tenantId)) }),
    }),
    accountRoute({
      ...common,
      action: 'settings:write',
      method: 'PATCH',
      operationId: 'updateOrganization',
      summary: 'Change name, contact, region or whether requests and answers are kept',
      body: updateOrganizationRequest,
      responses,
      handle: async ({ membership: { tenantId }, body }) => {
        requireRegion(regions, body.region);
        const changed = await tenants.update(tenantId, {
          name: body.name,
          contactEmail: body.contact_email,
          region: body.region,
          keptBodiesDays: body.kept_bodies_days,
        });
        onChange(tenantId);
        return { status: 200, body: present(changed) };
      },
    }),
  ];
}
