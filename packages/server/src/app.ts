import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createAdminCheck } from './admin/require-admin.ts';
import { keyRoutes } from './admin/key-routes.ts';
import { tenantRoutes } from './admin/tenant-routes.ts';
import { usageEventRoutes } from './admin/usage-event-routes.ts';
import { usageRoutes } from './admin/usage-routes.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import { spycoreChatRoutes } from './gateway/surfaces/spycore/chat.ts';
import { spycoreUsageRoutes, type ModelTokens } from './gateway/surfaces/spycore/usage.ts';
import { queryUsage } from './usage/usage-query.ts';
import { streamsRoute } from './gateway/surfaces/streams.ts';
import { renderChangelog, renderVersioning } from './hub/version-pages.ts';
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
import { jsonRoute, type ApiRoute } from './http/api-route.ts';
import { createHttpServer } from './http/http-server.ts';
import type { DocumentInfo } from './http/openapi/document.ts';
import { createOpenApi, openApiRoutes } from './hub/openapi-routes.ts';
import type { Catalogues } from './catalogues/catalogues.ts';
import { catalogueRoutes } from './hub/catalogue-routes.ts';
import { publicChatRoutes } from './gateway/surfaces/public-chat/public-chat-route.ts';
import type { SessionTokens } from './secrets/session-token.ts';
import { documentUrl } from './hub/document-url.ts';
import { askRoutes } from './gateway/surfaces/ask/ask-route.ts';
import type { AnswerSources } from './knowledge/answer-plan.ts';
import type { Accounts } from './accounts/accounts.ts';
import { authRoutes } from './self-service/auth-routes.ts';
import { meRoutes } from './self-service/me-routes.ts';
import { ownKeyRoutes } from './self-service/own-key-routes.ts';
import { ownUsageRoutes } from './self-service/own-usage-routes.ts';
import { toolRoutes } from './gateway/surfaces/tools/tool-routes.ts';
import type { ToolRegistry } from './tools/tool.ts';
import { jobRoutes } from './gateway/surfaces/jobs/job-routes.ts';
import type { AsyncJobs } from './jobs/async-jobs.ts';
import { mcpSources } from './hub/mcp-sources.ts';
import { createMcp } from './mcp/mcp-routes.ts';
import type { McpCaller, McpSkill } from './mcp/mcp-options.ts';
import { publicPrincipal } from './gateway/surfaces/public-caller.ts';
import { reserveRequest } from './gateway/reserve.ts';
import { headerRecord } from './http/failure.ts';
import { rateLimitHeaders } from './limits/rate-limit-headers.ts';
import { createPages, type Pages } from './hub/pages/pages.ts';
import type { FaqFile } from './knowledge/faq-file.ts';
import { healthRoutes, type HealthCheck } from './hub/health.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { KeyStore } from './keys/store.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Database } from './postgres/database.ts';
import type { ProviderKeyManager } from './provider-keys/manage.ts';
import { providerKeyRoutes } from './gateway/surfaces/provider-keys.ts';
import { adminProviderKeyRoutes } from './admin/provider-key-routes.ts';
import type { Batches } from './batches/batches.ts';
import type { FileStore } from './files/file-store.ts';
import { batchRoutes } from './gateway/surfaces/openai/batches.ts';
import { fileRoutes } from './gateway/surfaces/openai/files.ts';
import type { ResponseStore } from './responses/store.ts';
import type { TenantStore } from './tenants/store.ts';

/** What the HTTP app is made of; built by compose.ts. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly tenants: TenantStore;
  readonly keys: KeyStore;
  readonly gateway: Gateway;
  readonly responses: ResponseStore;
  readonly files: FileStore;
  readonly batches: Batches;
  readonly providerKeys: ProviderKeyManager;
  readonly catalogues: Catalogues;
  readonly metrics: Metrics;
  /** Moves what was metered by this process into the ledger. */
  readonly flushUsage: () => Promise<void>;
  readonly health: () => Promise<readonly HealthCheck[]>;
  readonly isDraining: () => boolean;
  /** Requests that have arrived and are not answered yet. */
  readonly activity: { count: number };
  readonly documentsFolders: readonly string[];
  readonly presetFolder: string;
  readonly skills: readonly McpSkill[];
  readonly faq: FaqFile;
  readonly answers: AnswerSources;
  readonly tools: ToolRegistry;
  readonly accounts: Accounts;
  readonly asyncJobs: AsyncJobs;
  readonly sessionTokens: SessionTokens;
  readonly version: string;
}

function managementRoutes(services: Services): ApiRoute[] {
  const { config, clock, tenants, keys, database, flushUsage, metrics, gateway } = services;
  const { settings } = config;
  const forget = (id: string) => {
    gateway.authenticator.forget(id);
  };
  return [
    ...tenantRoutes({ tenants, plans: settings.plans, defaultPlan: settings.default_plan, onChange: forget }),
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
    jsonRoute({
      method: 'GET',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Metrics in the Prometheus text format',
      tag: 'admin',
      security: 'admin',
      responses: { 200: { description: 'Metrics', schema: z.string(), contentType: 'text/plain' } },
      handle: async () => ({
        status: 200,
        body: await metrics.render(),
        headers: { 'content-type': metrics.contentType },
      }),
    }),
  ];
}

/** What people do for themselves once they have signed in. */
function selfServiceRoutes(services: Services): ApiRoute[] {
  const { config, clock, keys, database, flushUsage, gateway, accounts } = services;
  const { settings, publicUrl } = config;
  const { contracts, documentationUrl } = gateway;
  const context = { ...accounts, clock, contracts, publicUrl, documentationUrl };
  return [
    ...authRoutes({ auth: accounts.auth, publicUrl }),
    ...meRoutes(context),
    ...ownKeyRoutes({
      context,
      keys,
      rotationOverlapSeconds: settings.keys.rotation_overlap_seconds,
      isModel: (name) => gateway.catalog.model(name) !== undefined,
      knownVersion: (name) => contracts.registry.resolve(name, undefined).name,
      onChange: (id) => {
        gateway.authenticator.forget(id);
      },
    }),
    ...ownUsageRoutes({ context, database, flush: flushUsage }),
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

function contactOf(name: string, email: string | undefined, url: string) {
  return { name, url, ...(email === undefined ? {} : { email }) };
}

/** What the OpenAPI document says of the API as a whole. */
function apiInfo({ config, catalogues }: Services): Omit<DocumentInfo, 'version'> {
  const { settings, publicUrl } = config;
  const { name, description } = settings.brand;
  const { company } = catalogues;
  return {
    title: `${name} API`,
    summary: catalogues.site.tagline ?? description,
    description: `${description}.\n\nVersions: ${publicUrl}/developers/api-versioning.md. Errors: ${publicUrl}/developers/errors.md.`,
    serverUrl: publicUrl,
    documentationUrl: `${publicUrl}/developers/quickstart.md`,
    license: { name: 'Proprietary', url: company?.website ?? publicUrl },
    ...(company === undefined ? {} : { contact: contactOf(company.name, company.email, company.website ?? publicUrl) }),
  };
}

/** What the hub answers to people and agents without a key. */
function hubRoutes({ config, gateway, answers, sessionTokens, catalogues, tools, asyncJobs }: Services): ApiRoute[] {
  const { settings, publicUrl: site } = config;
  const { hub } = settings;
  const common = {
    ...{ gateway, answers, site },
    answerModel: hub.answer_model,
    urlOf: (source: string) => documentUrl(site, source),
  };
  return [
    ...catalogueRoutes(catalogues, site),
    ...toolRoutes({ gateway, tools, site, callsPerHour: settings.tools.calls_per_hour }),
    ...jobRoutes({ gateway, jobs: asyncJobs, jobsPerHour: hub.jobs_per_hour, site }),
    ...askRoutes({ ...common, asksPerHour: hub.asks_per_hour }),
    ...publicChatRoutes({
      ...common,
      tokens: sessionTokens,
      allowedOrigins: hub.allowed_origins,
      chatsPerHour: hub.chats_per_hour,
    }),
  ];
}

/** The pages of the site. @param operations what the API reference lists */
function pagesOf(services: Services, operations: () => readonly ApiRoute[]): Pages {
  const { config, clock, gateway, catalogues, tools, faq, documentsFolders, presetFolder, health } = services;
  const { brand, plans, models } = config.settings;
  const { registry } = gateway.contracts;
  const now = () => clock.now();
  return createPages({
    brand,
    publicUrl: config.publicUrl,
    documentsFolders,
    presetFolder,
    generated: [
      {
        name: 'changelog',
        markdown: () => renderChangelog(registry),
        updatedAt: () => new Date(registry.latest.declaration.version),
      },
      { name: 'api-versioning', markdown: () => renderVersioning(registry, now()), updatedAt: () => new Date(now()) },
    ],
    offers: { plans, models, catalogues },
    faq,
    health,
    operations: () => operations().filter(({ hidden }) => hidden !== true),
    surfaces: [{ path: '/openapi.json', title: 'OpenAPI', description: 'This API as an OpenAPI 3.1 document' }],
    tools: tools.tools.filter(({ scopes, isReadOnly }) => scopes.length === 0 && isReadOnly),
    now,
  });
}

/** The Model Context Protocol over the same tools, pages and catalogues. */
function mcpOf(services: Services, pages: Pages, openApi: () => object) {
  const { config, clock, logger, gateway, catalogues, answers, tools, asyncJobs, version } = services;
  const { settings, publicUrl } = config;
  const perHour = settings.hub.mcp_requests_per_hour;
  const urlOf = (source: string) => documentUrl(publicUrl, source);
  const ownerOf = ({ principal, address }: McpCaller) =>
    (principal ?? publicPrincipal(address, 'mcp', perHour)).tenantId;
  return createMcp({
    ...mcpSources({ publicUrl, listPages: () => pages.listPages(), catalogues, answers, urlOf, openApi }),
    ...{ clock, logger, version, tools, publicUrl },
    brand: settings.brand,
    plans: Object.keys(settings.plans),
    allowedOrigins: settings.hub.allowed_origins,
    skills: services.skills,
    authenticate: async (secret) => gateway.authenticator.authenticate(secret),
    admit: async ({ principal, address }) => {
      const states = await reserveRequest(gateway, principal ?? publicPrincipal(address, 'mcp', perHour));
      return headerRecord(rateLimitHeaders(states, clock.now(), { openai: false }));
    },
    jobs: {
      submit: (caller, order) =>
        asyncJobs.submit({ ...order, ownerId: ownerOf(caller), keyId: caller.principal?.keyId ?? null }),
      get: (caller, id) => asyncJobs.get(ownerOf(caller), id),
      cancel: (caller, id) => asyncJobs.cancel(ownerOf(caller), id),
    },
  });
}

/** All routes; the OpenAPI document describes exactly these. */
export function routesOf(services: Services): {
  readonly routes: ApiRoute[];
  readonly pages: Pages;
  readonly close: () => Promise<void>;
} {
  const { config, clock, gateway, responses, health, version } = services;
  const { brand } = config.settings;
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
    ...selfServiceRoutes(services),
    ...hubRoutes(services),
    streamsRoute(gateway),
    ...spycoreChatRoutes(gateway),
    ...spycoreUsageRoutes(gateway, (tenantId, from) => tokensByModel(services, tenantId, from)),
    ...healthRoutes({
      version,
      serviceId: brand.service_id,
      description: `Health of ${brand.name}`,
      now: () => clock.now(),
      checks: health,
    }),
  ];
  const pages = pagesOf(services, () => routes);
  const routes: ApiRoute[] = [...described, ...pages.routes];
  const documentOf = createOpenApi({ registry: contracts.registry, info: apiInfo(services), routes });
  const mcp = mcpOf(services, pages, () => documentOf(contracts.registry.latest));
  routes.push(...mcp.routes, ...openApiRoutes(documentOf));
  return { routes, pages, close: mcp.close };
}

/** Builds the HTTP app from what compose.ts has built; does not listen. */
export function createApp(services: Services): FastifyInstance {
  const { config, clock, logger, gateway, metrics, isDraining, activity } = services;
  const { http } = config.settings;
  const { routes, pages, close } = routesOf(services);
  const app = createHttpServer({
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
    requireAdmin: createAdminCheck(gateway.isAdminToken),
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
