import { apiVersionStatus, limitStatus, ownModel } from '@turnpike/contract/account-console';
import { pageOf } from '@turnpike/contract/pagination';
import type { z } from 'zod';
import { wholePage } from '../admin/page.ts';
import type { Catalog } from '../gateway/catalog.ts';
import { mayUseModel } from '../gateway/entitle.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { Principal } from '../keys/key.ts';
import type { KeyStore } from '../keys/store.ts';
import type { Limit, LimitState, LimitStore } from '../limits/limit.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { versionRows } from './version-rows.ts';

export interface OwnPlanOptions {
  readonly context: AccountContext;
  readonly catalog: Catalog;
  readonly limits: LimitStore;
  readonly keys: KeyStore;
}

/** Windows of so many keys are shown at most. */
const mostKeys = 100;

/** Somebody who acts for the organisation with nothing but its plan. */
function anyone(tenantId: string, plan: string, keyId: string): Principal {
  return {
    ...{ tenantId, plan, keyId, mode: 'live', suspended: false, pinnedVersion: undefined },
    ...{ scopes: new Set<string>(), models: null },
  };
}

function present({ limit, used, remaining, resetAtMs }: LimitState, tenantId: string): z.output<typeof limitStatus> {
  const { name, counts, window, quota, subject } = limit;
  return {
    ...{ name, counts, window, quota, used, remaining },
    key_id: subject === tenantId ? null : subject,
    resets_at: new Date(resetAtMs).toISOString(),
  };
}

async function limitsOf(options: OwnPlanOptions, tenantId: string, plan: string): Promise<Limit[]> {
  const { catalog, keys } = options;
  const active = (await keys.listOfTenant({ tenantId, limit: mostKeys })).filter(({ revokedAt }) => revokedAt === null);
  const all = active.flatMap(({ id, limits }) => [
    ...catalog.limitsOf({ ...anyone(tenantId, plan, id), keyLimits: limits ?? undefined }),
  ]);
  const ofPlan = catalog.limitsOf(anyone(tenantId, plan, tenantId));
  const unique = new Map([...ofPlan, ...all].map((limit) => [`${limit.subject} ${limit.name}`, limit]));
  // Where each key is counted alone the organisation has no windows of its own.
  const isPerKey = catalog.plan(plan)?.limits_per === 'key';
  return [...unique.values()].filter(({ subject }) => !isPerKey || subject !== tenantId);
}

function limitsRoute(options: OwnPlanOptions): ApiRoute {
  const { context, limits } = options;
  return accountRoute({
    context,
    action: 'usage:read',
    method: 'GET',
    path: '/account/v1/limits',
    operationId: 'listOwnLimits',
    summary: 'Where each limit stands now',
    responses: { 200: { description: 'All limits', schema: pageOf(limitStatus) } },
    handle: async ({ membership: { tenantId, plan } }) => {
      const states = await limits.peek(await limitsOf(options, tenantId, plan), context.clock.now());
      return { status: 200, body: wholePage(states.map((state) => present(state, tenantId))) };
    },
  });
}

function modelsRoute({ context, catalog }: OwnPlanOptions): ApiRoute {
  return accountRoute({
    context,
    method: 'GET',
    path: '/account/v1/models',
    operationId: 'listOwnModels',
    summary: 'Models that the plan may call, with prices',
    responses: { 200: { description: 'All models', schema: pageOf(ownModel) } },
    handle: ({ membership: { tenantId, plan } }) => {
      const models = catalog.models.filter(({ name }) => mayUseModel(catalog, anyone(tenantId, plan, ''), name));
      const data = models.map(({ name, config }) => ({
        id: name,
        owned_by: config.owned_by ?? config.targets[0]?.upstream ?? 'turnpike',
        context_tokens: config.context_tokens,
        max_output_tokens: config.max_output_tokens,
        capabilities: [...config.capabilities],
        byok: config.byok,
        price:
          config.price === undefined
            ? null
            : {
                input_per_million: config.price.input_per_million,
                output_per_million: config.price.output_per_million,
                currency: config.price.currency,
              },
      }));
      return { status: 200, body: wholePage(data) };
    },
  });
}

function versionsRoute({ context }: OwnPlanOptions): ApiRoute {
  const { registry } = context.contracts;
  return accountRoute({
    context,
    method: 'GET',
    path: '/account/v1/versions',
    operationId: 'listApiVersions',
    summary: 'API versions that a key can be pinned to, oldest first',
    responses: { 200: { description: 'All versions', schema: pageOf(apiVersionStatus) } },
    handle: () => {
      return { status: 200, body: wholePage(versionRows(registry, context.clock.now())) };
    },
  });
}

/** What the plan gives: where its limits stand, models, API versions. */
export function ownPlanRoutes(options: OwnPlanOptions): ApiRoute[] {
  return [limitsRoute(options), modelsRoute(options), versionsRoute(options)];
}
