import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createApp, type Services } from './app.ts';
import type { Clock } from './clock.ts';
import type { Config, Settings } from './config/schema.ts';
import { createCatalog } from './gateway/catalog.ts';
import { createStreamClock } from './gateway/stream-clock.ts';
import { createHealthChecks } from './health-checks.ts';
import { createAuthenticator } from './keys/authenticator.ts';
import { createKeyStore } from './keys/store.ts';
import { openNotifier } from './open-notifier.ts';
import { openStreamHub } from './open-stream-hub.ts';
import { openLimitStore } from './open-limit-store.ts';
import { openKnowledge } from './open-knowledge.ts';
import { openProviders } from './open-providers.ts';
import { openDatabase } from './open-database.ts';
import { documentationFolder } from './project-folders.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { createTenantStore } from './tenants/store.ts';
import { createTokenCounter, loadTokenizer } from './tokens/count-tokens.ts';
import { createCipher } from './secrets/cipher.ts';
import { createIdempotencyStore } from './idempotency/store.ts';
import { createContracts } from './versions/contract.ts';
import { versionDeclarations } from './versions/declarations.ts';
import { createVersionRegistry } from './versions/version-registry.ts';
import { createVersionUsage } from './versions/version-usage.ts';
import { createUsageMeter } from './usage/meter.ts';
import { startRetention } from './usage/retention.ts';

export interface Composition {
  readonly app: FastifyInstance;
  readonly services: Services;
  /** Work that may go on after the server listens: documentation index, tokenizer. */
  readonly startBackground: () => Promise<void>;
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

/** Things to close, last made first. A failure to close one does not keep the others open. */
class Closers {
  readonly #closers: (() => unknown)[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#logger.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'something did not close',
        );
      }
    }
  }
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

async function build(
  { config: configured, discovered, clock, logger, version }: CompositionInput,
  closers: Closers,
): Promise<Composition> {
  const { database, close: closeDatabase } = await openDatabase({ config: configured, clock, logger });
  closers.add(closeDatabase);
  const { settings } = await discovered;
  const config = { ...configured, settings };

  const limitStore = openLimitStore({ config, clock, logger, database });
  closers.add(() => limitStore.close());

  const usage = createUsageMeter({
    folder: join(config.dataDir, 'journal'),
    database,
    clock,
    logger,
    onRecovered: (open, event) =>
      open.reservation === undefined
        ? undefined
        : limitStore.settle(open.reservation, event.promptTokens + event.completionTokens, clock.now()),
  });
  closers.add(() => usage.close());
  const recovered = await usage.start();
  if (recovered.events > 0)
    logger.info({ ...recovered }, 'usage of a process that ended without closing was recovered');
  const retention = startRetention({ database, clock, logger, retentionDays: settings.usage.retention_days });
  closers.add(() => retention.close());

  const keys = createKeyStore({
    database,
    clock,
    prefixes: { live: settings.brand.key_prefix, test: settings.brand.test_key_prefix },
  });
  const tenants = createTenantStore({ database, clock });
  const authenticator = createAuthenticator({
    store: keys,
    clock,
    logger,
    outageGraceSeconds: settings.keys.database_outage_grace_seconds,
  });
  closers.add(() => {
    authenticator.close();
  });

  const knowledge = openKnowledge({ database, preset: config.preset, logger });
  const contracts = createContracts({
    registry: createVersionRegistry(versionDeclarations),
    clock,
    publicUrl: config.publicUrl,
    deprecationForm: settings.versions.deprecation_header,
    deprecatedEndpoints: settings.versions.deprecated_endpoints.map(
      ({ path, deprecated_at: deprecatedAt, successor }) => ({ path, deprecatedAt, successor }),
    ),
  });
  const versionUsage = createVersionUsage({
    database,
    clock,
    logger,
    latest: contracts.registry.latest.name,
    pin: keys.pinIfUnpinned,
  });
  closers.add(() => versionUsage.close());
  const idempotency = createIdempotencyStore({
    database,
    clock,
    logger,
    cipher: createCipher(config.masterKey, 'idempotency'),
    maxBodyBytes: settings.idempotency.max_stored_bytes,
  });
  closers.add(() => idempotency.close());
  const streams = openStreamHub({ config, clock, logger, database });
  closers.add(() => streams.close());

  const providers = openProviders({ settings, clock, search: knowledge.search });
  closers.add(() => Promise.all([...providers.values()].map((provider) => provider.close())));
  const streamClock = createStreamClock(clock);
  closers.add(() => {
    streamClock.close();
  });

  const metrics = createMetrics();
  metrics.gauge('turnpike_streams', 'Streams open now', () => streamClock.size);
  metrics.gauge('turnpike_journal_pending', 'Usage events not yet in the database', () => usage.pendingCount());

  const gateway = {
    clock,
    logger,
    authenticator,
    catalog: createCatalog(settings),
    limits: limitStore,
    contracts,
    versionUsage,
    idempotency,
    streams,
    meter: usage.meter,
    providers,
    streamClock,
    metrics,
    relay: settings.relay,
    countTokens: createTokenCounter(),
    documentationUrl: settings.brand.documentation_url ?? `${config.publicUrl}/developers/errors.md`,
  };
  let draining = false;
  const isDraining = () => draining;
  const health = createHealthChecks({ database, limitStore, usage, providers, clock, isDraining });
  const services: Services = {
    config,
    clock,
    logger,
    database,
    tenants,
    keys,
    gateway,
    metrics,
    flushUsage: () => usage.flush(),
    health,
    isDraining,
    activity: { count: 0 },
    documentsFolder: documentationFolder,
    version,
  };
  const { notifier, close: closeNotifier } = openNotifier({ config, clock, logger, database, contracts });
  closers.add(closeNotifier);
  const app = createApp(services);
  closers.add(() => app.close());
  return {
    app,
    services,
    startBackground: async () => {
      await loadTokenizer();
      await knowledge.index();
      await notifier.run();
    },
    drain: () => {
      draining = true;
    },
    close: () => closers.closeAll(),
  };
}
