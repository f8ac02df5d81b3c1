import type { Clock } from '../clock.ts';
import { AppError, errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { hashSecret, isWellFormedSecret } from './key-format.ts';
import type { Principal } from './key.ts';
import type { KeyRecord, KeyStore } from './store.ts';

export interface Authenticator {
  /**
   * From a secret to who it stands for; without a database round trip once this process knows the key.
   * @throws AppError INVALID_API_KEY, EXPIRED_API_KEY, DATABASE_UNAVAILABLE (never 401 because the database is gone)
   */
  authenticate(secret: string | undefined): Principal | Promise<Principal>;
  /** Forgets what is cached of a key or of all keys of a tenant: called when this process changes one. */
  forget(id: string): void;
  /** Looks for changes made by other processes; runs by itself twice a second. */
  refresh(): Promise<void>;
  close(): void;
}

interface Options {
  readonly store: Pick<KeyStore, 'findByHash' | 'changedWithin'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long known keys go on working while changes cannot be read. */
  readonly outageGraceSeconds: number;
  readonly maxEntries?: number;
}

const refreshIntervalMs = 500;
/** Changes are looked for this far back, so that a slow transaction is still seen. */
const lookBackSeconds = 15;
const unknownKeyTtlMs = 30_000;

interface Entry {
  /** undefined: there is no such key. */
  readonly record: KeyRecord | undefined;
  readonly loadedAtMs: number;
}

function invalidKey(message: string): AppError {
  return new AppError('INVALID_API_KEY', message, { headers: { 'www-authenticate': 'Bearer' } });
}

/**
 * Checks what time and owner decide; the record itself is from the database.
 * @throws AppError INVALID_API_KEY, EXPIRED_API_KEY
 */
export function principalOf(record: KeyRecord | undefined, nowMs: number): Principal {
  if (record === undefined)
    throw invalidKey('This API key is not known. Check that the Authorization: Bearer header holds a valid key.');
  if (record.revoked) throw invalidKey('This API key has been revoked. Use another key.');
  if (nowMs >= record.secretExpiresAtMs)
    throw invalidKey('This secret was replaced by rotation and its overlap is over. Use the new one.');
  if (nowMs >= record.keyExpiresAtMs)
    throw new AppError('EXPIRED_API_KEY', 'This API key has expired. Create a new key.', {
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
  return record.principal;
}

/** Keys known to this process, by hash, in order of loading. */
class KeyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  /** Counts forgettings, per id: a look-up that began before one must not be kept. */
  readonly #forgotten = new Map<string, number>();
  #counter = 0;
  /** Of look-ups that began before this it is no longer known what was forgotten meanwhile: none is kept. */
  #oldestMark = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get mark(): number {
    return this.#counter;
  }

  get(hash: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(hash);
    if (entry?.record === undefined && entry !== undefined && nowMs - entry.loadedAtMs > unknownKeyTtlMs)
      return undefined;
    return entry;
  }

  keep(hash: string, entry: Entry, mark: number): void {
    if (mark < this.#oldestMark) return;
    const principal = entry.record?.principal;
    const changedSince = (id: string | undefined) => id !== undefined && (this.#forgotten.get(id) ?? 0) > mark;
    if (changedSince(principal?.keyId) || changedSince(principal?.tenantId)) return;
    if (this.#entries.size >= this.#maxEntries) {
      const oldest = this.#entries.keys().next().value;
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(hash, entry);
  }

  forget(id: string): void {
    this.#counter += 1;
    if (this.#forgotten.size > 10_000) {
      this.#forgotten.clear();
      this.#oldestMark = this.#counter;
    }
    this.#forgotten.set(id, this.#counter);
    for (const [hash, { record }] of this.#entries) {
      if (record?.principal.keyId === id || record?.principal.tenantId === id) this.#entries.delete(hash);
    }
  }
}

/** Follows the changes that other processes make. */
class ChangeWatcher {
  readonly #options: Pick<Options, 'store' | 'clock' | 'logger'>;
  readonly #forget: (id: string) => void;
  #versions = new Map<string, string>();
  #lastReadMs: number;
  #reading: Promise<void> | undefined;
  #outage = false;

  constructor(options: Pick<Options, 'store' | 'clock' | 'logger'>, forget: (id: string) => void) {
    this.#options = options;
    this.#forget = forget;
    this.#lastReadMs = options.clock.now();
  }

  /** When changes were read last. */
  get lastReadMs(): number {
    return this.#lastReadMs;
  }

  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { store, clock, logger } = this.#options;
    const startedAtMs = clock.now();
    // What changed while changes could not be read must not be missed: as far back as the last time they could.
    const unseenSeconds = Math.max(0, startedAtMs - this.#lastReadMs) / 1000;
    try {
      const changes = await store.changedWithin(lookBackSeconds + unseenSeconds);
      for (const change of changes) if (this.#versions.get(change.id) !== change.version) this.#forget(change.id);
      this.#versions = new Map(changes.map((change) => [change.id, change.version]));
      this.#lastReadMs = startedAtMs;
      if (this.#outage) logger.info({}, 'key changes can be read again');
      this.#outage = false;
    } catch (error) {
      if (!this.#outage)
        logger.warn({ reason: errorMessage(error) }, 'key changes cannot be read; known keys go on for a while');
      this.#outage = true;
    }
  }
}

/** @throws AppError INVALID_API_KEY for what cannot be one of our secrets */
function checkForm(secret: string | undefined): string {
  if (secret === undefined || secret === '')
    throw invalidKey('No API key was sent. Put it in the header: Authorization: Bearer YOUR_KEY.');
  if (!isWellFormedSecret(secret))
    throw invalidKey('This is not a valid API key: a character is wrong or missing. Copy it again in full.');
  return secret;
}

export function createAuthenticator(options: Options): Authenticator {
  const { store, clock, outageGraceSeconds, maxEntries = 50_000 } = options;
  const cache = new KeyCache(maxEntries);
  const loading = new Map<string, Promise<Principal>>();
  const forget = (id: string): void => {
    cache.forget(id);
    // A request that comes from now on must not join a look-up that may have read the state of before.
    loading.clear();
  };
  const watcher = new ChangeWatcher(options, forget);
  const load = async (hash: string): Promise<Principal> => {
    const mark = cache.mark;
    const record = await store.findByHash(hash);
    cache.keep(hash, { record, loadedAtMs: clock.now() }, mark);
    return principalOf(record, clock.now());
  };
  const loadOnce = (hash: string): Promise<Principal> => {
    const running = loading.get(hash);
    if (running !== undefined) return running;
    const started = load(hash).finally(() => {
      if (loading.get(hash) === started) loading.delete(hash);
    });
    loading.set(hash, started);
    return started;
  };
  return {
    authenticate: (secret) => {
      const hash = hashSecret(checkForm(secret));
      const nowMs = clock.now();
      const entry = cache.get(hash, nowMs);
      const fresh = nowMs - watcher.lastReadMs <= outageGraceSeconds * 1000;
      return entry !== undefined && fresh ? principalOf(entry.record, nowMs) : loadOnce(hash);
    },
    forget,
    refresh: () => watcher.read(),
    close: clock.every(refreshIntervalMs, () => void watcher.read()),
  };
}
