import type { FastifyInstance } from 'fastify';
import { keyRoutes } from './admin/key-routes.ts';
import { tenantRoutes } from './admin/tenant-routes.ts';
import { usageEventRoutes } from './admin/usage-event-routes.ts';
import { usageRoutes } from './admin/usage-routes.ts';
import { spycoreChatRoutes } from './gateway/surfaces/spycore/chat.ts';
import { spycoreUsageRoutes, type ModelTokens } from './gateway/surfaces/spycore/usage.ts';
import { queryUsage } from './usage/usage-query.ts';
import { streamsRoute } from './gateway/surfaces/streams.ts';
import { versionRoutes } from './admin/version-routes.ts';
import { chatCompletionsRoute } from './gateway/surfaces/openai/chat-completions.ts';
import { countTokensRoute } from './gateway/surfaces/anthropic/count-tokens-route.ts';
import { messagesRoute } from './gateway/surfaces/anthropic/messages-route.ts';
import { createResponseRoute } from './gateway/surfaces/responses/create-response.ts';
import { storedResponseRoutes } from './gateway/surfaces/responses/stored-responses.ts';
import { embeddingsRoute } from './gateway/surfaces/openai/embeddings.ts';
import { moderationsRoute } from './gateway/surfaces/openai/moderations.ts';
import { completionsRoute } from './gateway/surfaces/completions/completions-route.ts';
import { modelRoutes } from './gateway/surfaces/openai/models.ts';
import type { ApiRoute } from './http/api-route.ts';
import { createHttpServer } from './http/http-server.ts';
import { createOpenApi, openApiRoutes } from './hub/openapi-routes.ts';
import { auditRoutes } from './admin/audit-routes.ts';
import { visitRoutes } from './admin/visit-routes.ts';
import { creditRoute } from './admin/credit-route.ts';
import { metricsRoute } from './admin/metrics-route.ts';
import { planRoutes } from './admin/plan-routes.ts';
import { stateRoutes } from './admin/state-routes.ts';
import { subscriptionRoutes } from './admin/subscription-routes.ts';
import { purchaseRoutes } from './admin/purchase-routes.ts';
import type { Pages } from './hub/pages/pages.ts';
import { healthRoutes, type HealthCheck } from './hub/health.ts';
import { discoveryRoutes } from './hub/discovery/discovery-routes.ts';
import { createReadinessCheck } from './hub/discovery/readiness-check.ts';
import { discoveryOf, fetchOwnOf } from './app-discovery.ts';
import { providerKeyRoutes } from './gateway/surfaces/provider-keys.ts';
import { adminProviderKeyRoutes } from './admin/provider-key-routes.ts';
import { batchRoutes } from './gateway/surfaces/openai/batches.ts';
import { fileRoutes } from './gateway/surfaces/openai/files.ts';
import { hubRoutes, stripeWebhookOf } from './app-hub.ts';
import { mcpOf } from './app-mcp.ts';
import { adminAccess, selfServiceRoutes } from './app-people.ts';
import { consoleOf } from './app-console.ts';
import { apiInfo, pagesOf } from './app-pages.ts';
import type { Services } from './services.ts';

function stateOf(services: Services): ApiRoute[] {
  const { config, clock, database, gateway } = services;
  const { settings } = config;
  return stateRoutes({
    ...{ settings, clock, database, version: services.version },
    databaseKind: config.databaseUrl === undefined ? 'embedded' : 'server',
    providers: gateway.providers,
    router: gateway.router,
    limits: gateway.limits,
    activity: () => ({
      requests: services.activity.count,
      streams: gateway.streamClock.size,
      journalPending: services.pendingUsage(),
    }),
  });
}

function managementRoutes(services: Services): ApiRoute[] {
  const { config, clock, tenants, keys, database, flushUsage, metrics, gateway } = services;
  const { settings } = config;
  const forget = (id: string) => {
    gateway.authenticator.forget(id);
  };
  return [
    ...tenantRoutes({ tenants, plans: services.planBook, defaultPlan: settings.default_plan, onChange: forget }),
    creditRoute({ tenants, clock, onChange: forget }),
    ...planRoutes(services.planBook, (name) => gateway.catalog.model(name) !== undefined),
    ...stateOf(services),
    ...keyRoutes({
      keys,
      tenants,
      clock,
      rotationOverlapSeconds: settings.keys.rotation_overlap_seconds,
      isModel: (name) => gateway.catalog.model(name) !== undefined,
      knownVersion: (name) => gateway.contracts.registry.resolve(name, undefined).name,
      onChange: forget,
    }),
    ...adminProviderKeyRoutes({ keys: services.providerKeys, tenants }),
    ...versionRoutes({ database, contracts: gateway.contracts, clock, flush: () => gateway.versionUsage.flush() }),
    ...usageRoutes({ database, clock, flush: flushUsage }),
    ...usageEventRoutes({ database, clock, flush: flushUsage }),
    ...purchaseRoutes(services.purchases),
    ...visitRoutes(services.accounts.staff),
    ...auditRoutes(services.accounts.audit),
    ...subscriptionRoutes(services.billing, settings.billing.past_due_grace_days),
    metricsRoute(metrics),
  ];
}

/** Sums of a tenant's ledger by model, with what this process has metered but not moved yet. */
async function tokensByModel(
  { database, clock, flushUsage }: Services,
  tenantId: string,
  from: Date,
): Promise<ModelTokens[]> {
  await flushUsage();
  const to = new Date(clock.now() + 3_600_000);
  const scope = { tenantId, keyId: undefined, model: undefined, after: undefined, limit: 200 };
  const { data } = await queryUsage({ database }, { ...scope, from, to, groupBy: ['model'] });
  const tokens = new Map<string, ModelTokens>();
  // A model priced in two currencies has two rows.
  for (const row of data) {
    const model = String(row['model']);
    const known = tokens.get(model);
    tokens.set(model, {
      model,
      promptTokens: (known?.promptTokens ?? 0) + row.prompt_tokens,
      completionTokens: (known?.completionTokens ?? 0) + row.completion_tokens,
    });
  }
  return [...tokens.values()];
}

/**
 * All routes; the OpenAPI document describes exactly those that are not hidden.
 * @param readiness looks at the app that is made of them
 */
export function routesOf(
  services: Services,
  readiness: () => Promise<readonly HealthCheck[]>,
): {
  readonly routes: ApiRoute[];
  readonly pages: Pages;
  readonly close: () => Promise<void>;
} {
  const { config, clock, gateway, responses, health, version } = services;
  const { contracts } = gateway;
  const described: ApiRoute[] = [
    chatCompletionsRoute(gateway),
    createResponseRoute(gateway, responses),
    ...storedResponseRoutes(gateway, responses),
    messagesRoute(gateway),
    countTokensRoute(gateway),
    completionsRoute(gateway),
    embeddingsRoute(gateway),
    moderationsRoute(gateway),
    ...fileRoutes({ gateway, files: services.files, settings: config.settings.files }),
    ...batchRoutes(gateway, services.batches),
    ...modelRoutes(gateway),
    ...providerKeyRoutes(gateway, services.providerKeys),
    ...managementRoutes(services),
    ...selfServiceRoutes(services, () => routes.some(({ path }) => path.startsWith('/console'))),
    ...hubRoutes(services),
    stripeWebhookOf(services),
    streamsRoute(gateway),
    ...spycoreChatRoutes(gateway),
    ...spycoreUsageRoutes(gateway, (tenantId, from) => tokensByModel(services, tenantId, from)),
    ...healthRoutes({
      version,
      serviceId: config.settings.brand.service_id,
      description: `Health of ${config.settings.brand.name}`,
      now: () => clock.now(),
      checks: async () => [...(await health()), ...(await readiness())],
    }),
  ];
  const pages = pagesOf(services, () => routes);
  const routes: ApiRoute[] = [
    ...described,
    ...pages.routes,
    ...consoleOf(services, pages),
    ...discoveryRoutes(discoveryOf(services, pages)),
  ];
  const documentOf = createOpenApi({ registry: contracts.registry, info: apiInfo(services), routes });
  const mcp = mcpOf(services, pages, () => documentOf(contracts.registry.latest));
  routes.push(...mcp.routes, ...openApiRoutes(documentOf));
  return { routes, pages, close: mcp.close };
}

/** Builds the HTTP app from what compose.ts has built; does not listen. */
export function createApp(services: Services): FastifyInstance {
  const { config, clock, logger, gateway, metrics, isDraining, activity } = services;
  const { http } = config.settings;
  const fetchOwn = fetchOwnOf(() => app, config.publicUrl);
  const readiness = createReadinessCheck({ fetchOwn, clock, isDraining });
  const { routes, pages, close } = routesOf(services, readiness);
  const app: FastifyInstance = createHttpServer({
    routes,
    renderMissing: (request) => pages.renderNotFound(request),
    clock,
    logger,
    contracts: gateway.contracts,
    idempotency: gateway.idempotency,
    documentationUrl: gateway.documentationUrl,
    trustedProxies: config.trustedProxies,
    bodyLimitBytes: http.body_limit_bytes,
    maxJsonDepth: http.max_json_depth,
    headersTimeoutMs: http.headers_timeout_ms,
    requestTimeoutMs: http.request_timeout_ms,
    ...adminAccess(services),
    isDraining,
    onRequest: () => {
      activity.count += 1;
    },
    onResponse: (entry) => {
      activity.count -= 1;
      metrics.http(entry);
    },
  });
  app.addHook('onClose', close);
  return app;
}
