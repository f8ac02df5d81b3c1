import { createTenantRequest, listTenantsQuery, tenant, updateTenantRequest } from '@turnpike/contract/admin';
import { pageOf } from '@turnpike/contract/pagination';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { PlanBook } from '../plans/plan-book.ts';
import type { Tenant, TenantStore } from '../tenants/store.ts';
import { toPage } from './page.ts';

export interface TenantRoutesOptions {
  readonly tenants: TenantStore;
  readonly plans: Pick<PlanBook, 'get' | 'entries'>;
  readonly defaultPlan: string;
  /** Called when a tenant has changed, so that this process forgets what it knows of it. */
  readonly onChange: (tenantId: string) => void;
}

const params = z.object({ id: z.string() });

function present(row: Tenant): z.output<typeof tenant> {
  return {
    id: row.id,
    name: row.name,
    plan: row.plan,
    contact_email: row.contactEmail,
    region: row.region,
    suspended: row.suspended,
    trial_ends_at: row.trialEndsAt?.toISOString() ?? null,
    closed_at: row.closedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  };
}

/** @throws AppError INVALID_REQUEST for a plan the configuration does not have */
function knownPlan(plans: TenantRoutesOptions['plans'], plan: string): string {
  if (plans.get(plan) !== undefined) return plan;
  throw new AppError(
    'INVALID_REQUEST',
    `plan: there is no plan ${JSON.stringify(plan)}. Plans: ${[...plans.entries()].map(([name]) => name).join(', ')}.`,
    { param: 'plan' },
  );
}

function readRoutes({ tenants }: TenantRoutesOptions): ApiRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/tenants',
      operationId: 'listTenants',
      summary: 'List tenants, oldest first',
      tag: 'admin',
      security: 'admin',
      query: listTenantsQuery,
      responses: { 200: { description: 'A page of tenants', schema: pageOf(tenant) } },
      handle: async ({ query }) => ({
        status: 200,
        body: toPage(await tenants.list(query), query.limit, (row) => row.id, present),
      }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/tenants/{id}',
      operationId: 'getTenant',
      summary: 'Read a tenant',
      tag: 'admin',
      security: 'admin',
      params,
      responses: { 200: { description: 'The tenant', schema: tenant } },
      handle: async ({ params: { id } }) => ({ status: 200, body: present(await tenants.get(id)) }),
    }),
  ];
}

function updateRoute({ tenants, plans, onChange }: TenantRoutesOptions): ApiRoute {
  return jsonRoute({
    method: 'PATCH',
    path: '/admin/v1/tenants/{id}',
    operationId: 'updateTenant',
    summary: 'Change plan, trial, region or contact of a tenant, or suspend it',
    tag: 'admin',
    security: 'admin',
    params,
    body: updateTenantRequest,
    responses: { 200: { description: 'The tenant', schema: tenant } },
    handle: async ({ params: { id }, body }) => {
      if (body.plan !== undefined) knownPlan(plans, body.plan);
      const row = await tenants.update(id, {
        plan: body.plan,
        suspended: body.suspended,
        contactEmail: body.contact_email,
        region: body.region,
        ...(body.trial_ends_at === undefined
          ? {}
          : { trialEndsAt: body.trial_ends_at === null ? null : new Date(body.trial_ends_at) }),
      });
      onChange(id);
      return { status: 200, body: present(row) };
    },
  });
}

export function tenantRoutes(options: TenantRoutesOptions): ApiRoute[] {
  const { tenants, plans, defaultPlan } = options;
  return [
    jsonRoute({
      method: 'POST',
      path: '/admin/v1/tenants',
      operationId: 'createTenant',
      summary: 'Create a tenant',
      tag: 'admin',
      security: 'admin',
      body: createTenantRequest,
      responses: { 201: { description: 'The tenant', schema: tenant } },
      handle: async ({ body }) => ({
        status: 201,
        body: present(
          await tenants.create({
            name: body.name,
            plan: knownPlan(plans, body.plan ?? defaultPlan),
            contactEmail: body.contact_email,
            region: body.region,
          }),
        ),
      }),
    }),
    ...readRoutes(options),
    updateRoute(options),
  ];
}
