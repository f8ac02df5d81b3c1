import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createApp } from './app.ts';
import type { Services } from './services.ts';
import { type Batches } from './batches/batches.ts';
import { createTokenTest } from './admin/require-admin.ts';
import type { Clock } from './clock.ts';
import { billingRules } from './billing/rules.ts';
import type { AsyncJobs } from './jobs/async-jobs.ts';
import type { Config, Settings } from './config/schema.ts';
import { createEmbedTexts } from './gateway/surfaces/ask/embed-texts.ts';
import { StartError } from './start-error.ts';
import { createCatalog } from './gateway/catalog.ts';
import type { Gateway } from './gateway/gateway.ts';
import { createStreamClock, type StreamClock } from './gateway/stream-clock.ts';
import { createHealthChecks } from './health-checks.ts';
import { createAuthenticator } from './keys/authenticator.ts';
import { createKeyUses } from './keys/key-uses.ts';
import { bothAuthenticators } from './accounts/oauth/token-authenticator.ts';
import { findPrincipal } from './accounts/oauth/find-principal.ts';
import { createKeyStore, type KeyStore } from './keys/store.ts';
import { openNotifier } from './open-notifier.ts';
import { openStreamHub } from './open-stream-hub.ts';
import { openLimitStore } from './open-limit-store.ts';
import { openKnowledge, type Knowledge } from './open-knowledge.ts';
import { openProviders } from './open-providers.ts';
import { openDatabase } from './open-database.ts';
import type { Logger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { PlanBook } from './plans/plan-book.ts';
import { createProviderKeyManager } from './provider-keys/manage.ts';
import { createProviderKeyStore, credentialFor } from './provider-keys/store.ts';
import { createResponseCache } from './response-cache/response-cache.ts';
import { createResponseStore } from './responses/store.ts';
import { PurchaseStore } from './purchases/store.ts';
import { createRouter } from './routing/router.ts';
import { createTenantStore } from './tenants/store.ts';
import { createTokenCounter, loadTokenizer } from './tokens/count-tokens.ts';
import { createCipher } from './secrets/cipher.ts';
import { createIdempotencyStore } from './idempotency/store.ts';
import { createContracts, type Contracts } from './versions/contract.ts';
import { versionDeclarations } from './versions/declarations.ts';
import { createVersionRegistry } from './versions/version-registry.ts';
import { createVersionUsage } from './versions/version-usage.ts';
import { createUsageMeter, type Metering } from './usage/meter.ts';
import { KeptBodies } from './usage/kept-bodies.ts';
import { startRetention } from './usage/retention.ts';
import { buildBackground, buildBilling, buildHub, buildPeople, buildTelling } from './compose-hub.ts';
import { Closers, type Basis } from './composition-basis.ts';

export interface Composition {
  readonly app: FastifyInstance;
  readonly services: Services;
  /** Work that may go on after the server listens: documentation index, tokenizer. */
  readonly startBackground: () => Promise<void>;
  /** Sends the deprecation mails that are due; runs by itself every hour. @returns how many this process sent */
  readonly notify: () => Promise<number>;
  /** Health turns `fail` and new requests are refused from here on. */
  readonly drain: () => void;
  /** Closes everything in the reverse order of its making. */
  readonly close: () => Promise<void>;
}

export interface CompositionInput {
  readonly config: Config;
  /** The settings with what was found at the start; looked for while the database opens. */
  readonly discovered: Promise<{ readonly settings: Settings }>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

/**
 * The only composition root: builds every dependency from the configuration.
 * @throws StartError with one line for the operator when something it needs is not there
 */
export async function compose(input: CompositionInput): Promise<Composition> {
  const closers = new Closers(input.logger);
  try {
    return await build(input, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** Counters and the meter; journals of dead processes are settled before the first request is counted. */
async function buildMetering({ config, clock, logger, database, closers }: Basis) {
  const limits = openLimitStore({ config, clock, logger, database });
  closers.add(() => limits.close());
  const usage = createUsageMeter({
    folder: join(config.dataDir, 'journal'),
    database,
    clock,
    logger,
    onRecovered: (open, event) =>
      open.reservation === undefined
        ? undefined
        : limits.settle(open.reservation, event.promptTokens + event.completionTokens, clock.now()),
  });
  closers.add(() => usage.close());
  const recovered = await usage.start();
  if (recovered.events > 0) logger.info(recovered, 'usage of a process that ended without closing was recovered');
  const { retention_days: retentionDays } = config.settings.usage;
  const retention = startRetention({ database, clock, logger, retentionDays });
  closers.add(() => retention.close());
  return { limits, usage };
}

/** Keys, people and their tokens. */
function buildAccounts(basis: Basis) {
  const { config, clock, logger, database, closers } = basis;
  const { brand, keys: settings } = config.settings;
  const prefixes = { live: brand.key_prefix, test: brand.test_key_prefix };
  const keys = createKeyStore({ database, clock, prefixes });
  const outageGraceSeconds = settings.database_outage_grace_seconds;
  const challenge = `Bearer resource_metadata="${config.publicUrl}/.well-known/oauth-protected-resource"`;
  const byKey = createAuthenticator({ store: keys, clock, logger, outageGraceSeconds, challenge });
  closers.add(() => {
    byKey.close();
  });
  const accounts = buildPeople(basis);
  return {
    ...{ keys, accounts },
    authenticator: bothAuthenticators(byKey, accounts.tokens),
    findById: findPrincipal(keys, accounts.tokenRecords),
    tenants: createTenantStore({ database, clock }),
  };
}

/** Versions, idempotency and recorded streams. */
function buildContractLayer({ config, clock, logger, database, closers }: Basis, keys: KeyStore) {
  const { versions, idempotency: bounds } = config.settings;
  const contracts = createContracts({
    registry: createVersionRegistry(versionDeclarations),
    clock,
    publicUrl: config.publicUrl,
    deprecationForm: versions.deprecation_header,
    deprecatedEndpoints: versions.deprecated_endpoints.map(({ path, deprecated_at: deprecatedAt, successor }) => ({
      path,
      deprecatedAt,
      successor,
    })),
  });
  const latest = contracts.registry.latest.name;
  const versionUsage = createVersionUsage({ database, clock, logger, latest, pin: keys.pinIfUnpinned });
  closers.add(() => versionUsage.close());
  const keyUses = createKeyUses({ database, clock, logger });
  closers.add(() => keyUses.close());
  const cipher = createCipher(config.masterKey, 'idempotency');
  const maxBodyBytes = bounds.max_stored_bytes;
  const idempotency = createIdempotencyStore({ database, clock, logger, cipher, maxBodyBytes });
  closers.add(() => idempotency.close());
  const streams = openStreamHub({ config, clock, logger, database });
  closers.add(() => streams.close());
  return { contracts, versionUsage, keyUses, idempotency, streams };
}

function buildRelaying({ config, clock, logger, database, closers }: Basis) {
  const knowledge = openKnowledge({ database, clock, preset: config.preset, logger });
  closers.add(() => {
    knowledge.close();
  });
  const providers = openProviders({ settings: config.settings, clock, ...knowledge });
  closers.add(() => Promise.all([...providers.values()].map((provider) => provider.close())));
  const streamClock = createStreamClock({ clock, logger });
  closers.add(() => {
    streamClock.close();
  });
  return { knowledge, providers, streamClock };
}

function buildMetrics(streamClock: StreamClock, usage: Metering): Metrics {
  const metrics = createMetrics();
  metrics.gauge('turnpike_streams', 'Streams open now', () => streamClock.size);
  metrics.gauge('turnpike_journal_pending', 'Usage events not yet in the database', () => usage.pendingCount());
  return metrics;
}

async function openBasis(
  { config: configured, discovered, clock, logger }: CompositionInput,
  closers: Closers,
): Promise<Basis> {
  const { database, close } = await openDatabase({ config: configured, clock, logger });
  closers.add(close);
  const { settings } = await discovered;
  return { config: { ...configured, settings }, clock, logger, database, closers };
}

/** What is kept for tenants beside their keys. */
function buildStores({ config, clock, logger, database, closers }: Basis, planBook: PlanBook) {
  const { settings, masterKey } = config;
  const common = { database, clock, logger };
  const responses = createResponseStore({
    ...common,
    cipher: createCipher(masterKey, 'responses'),
    settings: settings.responses,
  });
  closers.add(() => responses.close());
  const responseCache = createResponseCache({
    ...common,
    cipher: createCipher(masterKey, 'response cache'),
    settings: settings.response_cache,
  });
  closers.add(() => responseCache.close());
  const cipher = createCipher(masterKey, 'provider-keys');
  const purchases = new PurchaseStore({
    ...{ database, clock, cipher: createCipher(masterKey, 'purchases') },
    rules: billingRules(settings, planBook, config.stripeApiKey !== undefined),
  });
  const keptBodies = new KeptBodies({ ...common, cipher: createCipher(masterKey, 'kept bodies') });
  closers.add(() => keptBodies.close());
  return {
    responses,
    responseCache,
    purchases,
    keptBodies,
    providerKeys: createProviderKeyStore({ ...common, cipher }),
  };
}

/** What the road decides by: the configuration and rules made from it. */
function buildRules({ config, clock }: Basis, planBook: PlanBook) {
  const { settings, publicUrl, adminToken } = config;
  const { upstreams, routing, relay, brand } = settings;
  return {
    catalog: createCatalog(settings, planBook, () => clock.now()),
    relay,
    cacheSettings: settings.response_cache,
    countTokens: createTokenCounter(),
    isAdminToken: createTokenTest(adminToken),
    router: createRouter({ clock, random: Math.random, settings: routing, upstreams }),
    regionOf: (upstream: string) => upstreams[upstream]?.region,
    documentationUrl: brand.documentation_url ?? `${publicUrl}/developers/errors.md`,
  };
}

async function openPlanBook({ config, clock, logger, database, closers }: Basis): Promise<PlanBook> {
  const book = new PlanBook({ database, clock, logger, configured: config.settings.plans });
  closers.add(() => {
    book.close();
  });
  await book.load();
  return book;
}

function buildNotifier(basis: Basis, contracts: Contracts) {
  const { notifier, close } = openNotifier({ ...basis, contracts });
  basis.closers.add(close);
  return notifier;
}

/** @throws StartError a model named there is none, or cannot do it */
function useEmbeddings({ hub }: Settings, gateway: Gateway, knowledge: Knowledge): void {
  const { answer_model: writer, embedding_model: name, embedding_likeness: leastLikeness } = hub;
  for (const [field, wanted, capability] of [
    ['answer_model', writer, 'chat'],
    ['embedding_model', name, 'embeddings'],
  ] as const)
    if (wanted !== undefined && gateway.catalog.model(wanted)?.config.capabilities.includes(capability) !== true)
      throw new StartError(`hub.${field}: ${JSON.stringify(wanted)} is no model with the capability ${capability}`);
  if (name === undefined) return;
  knowledge.useEmbedder({ model: name, embed: createEmbedTexts(gateway, name) }, leastLikeness);
}

async function startBackground(work: {
  readonly batches: Batches;
  readonly asyncJobs: AsyncJobs;
  readonly knowledge: Knowledge;
  readonly notifier: { readonly run: () => Promise<unknown> };
  readonly trialNotices: { readonly run: () => Promise<unknown> };
  readonly billing: { readonly sweep: () => Promise<void> };
  readonly startTelling: () => void;
}): Promise<void> {
  work.startTelling();
  await loadTokenizer();
  await work.batches.watch();
  await work.asyncJobs.watch();
  await work.knowledge.index();
  await work.knowledge.watch();
  await work.notifier.run();
  await work.trialNotices.run();
  await work.billing.sweep();
}

/** The road, and what is kept beside it. */
async function buildRoad(basis: Basis) {
  const { clock, logger } = basis;
  const planBook = await openPlanBook(basis);
  const { limits, usage } = await buildMetering(basis);
  const { keys, tenants, authenticator, accounts, findById } = buildAccounts(basis);
  const contractLayer = buildContractLayer(basis, keys);
  const { knowledge, providers, streamClock } = buildRelaying(basis);
  const metrics = buildMetrics(streamClock, usage);
  const { providerKeys, responses, responseCache, purchases, keptBodies } = buildStores(basis, planBook);
  const gateway: Gateway = {
    ...{ clock, logger, authenticator, limits, providers, streamClock, metrics },
    ...contractLayer,
    ...buildRules(basis, planBook),
    meter: usage.meter,
    responseCache,
    keptBodies,
    credentialFor: ({ tenantId }, upstream) => credentialFor(providerKeys, tenantId, upstream),
  };
  const stores = { planBook, keys, tenants, responses, purchases, metrics };
  return { gateway, stores, accounts, findById, usage, knowledge, providerKeys };
}

async function build(input: CompositionInput, closers: Closers): Promise<Composition> {
  const basis = await openBasis(input, closers);
  const { config, clock, logger, database } = basis;
  const { gateway, stores, accounts, findById, usage, knowledge, providerKeys } = await buildRoad(basis);
  const { providers, limits, contracts } = gateway;
  const { models } = config.settings;
  useEmbeddings(config.settings, gateway, knowledge);
  const { answer, ...hub } = await buildHub(basis, gateway, knowledge.answers);
  const background = await buildBackground(basis, gateway, {
    ...stores,
    keys: { findById },
    answer,
    tools: hub.tools,
    knowledge,
  });
  const { telling, startTelling } = buildTelling(basis, gateway, accounts);
  const state = { draining: false };
  const isDraining = () => state.draining;
  const services: Services = {
    ...{ config, clock, logger, database, gateway, isDraining },
    ...stores,
    ...background,
    ...hub,
    providerKeys: createProviderKeyManager({ store: providerKeys, providers, models, logger }),
    ...{ ...telling, accounts },
    billing: buildBilling(basis, { ...stores, ...hub, usage, authenticator: gateway.authenticator }),
    flushUsage: () => usage.flush(),
    pendingUsage: () => usage.pendingCount(),
    health: createHealthChecks({ database, limitStore: limits, usage, providers, clock, isDraining }),
    activity: { count: 0 },
    version: input.version,
  };
  const notifier = buildNotifier(basis, contracts);
  const app = createApp(services);
  closers.add(() => app.close());
  return {
    app,
    services,
    startBackground: () => startBackground({ ...services, ...services.accounts, knowledge, notifier, startTelling }),
    notify: () => notifier.run(),
    drain: () => void (state.draining = true),
    close: () => closers.closeAll(),
  };
}
