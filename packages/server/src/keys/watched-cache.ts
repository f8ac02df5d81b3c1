import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';

/** What a cached record stands on changed; `version` differs at each change. */
export interface WatchedChange {
  readonly id: string;
  readonly version: string;
}

export interface WatchedCache<Entry> {
  /**
   * From the hash of a secret to its record; undefined where there is none. Without a database round trip once this
   * process knows it.
   * @param secret handed to `find` when it must be looked up
   * @throws AppError DATABASE_UNAVAILABLE
   */
  get(hash: string, secret: string, nowMs: number): Entry | undefined | Promise<Entry | undefined>;
  /** Forgets every record that stands on this id. */
  forget(id: string): void;
  /** Looks for changes made by other processes; runs by itself twice a second. */
  refresh(): Promise<void>;
  close(): void;
}

export interface WatchedCacheOptions<Entry> {
  /** What is kept, for the log: `key`. */
  readonly subject: string;
  readonly find: (hash: string, secret: string) => Promise<Entry | undefined>;
  /** Everything whose change makes a record out of date. */
  readonly idsOf: (entry: Entry) => readonly string[];
  /** Changes within the last seconds by the database's clock. */
  readonly changedWithin: (seconds: number) => Promise<readonly WatchedChange[]>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long known records go on being used while changes cannot be read. */
  readonly outageGraceSeconds: number;
  readonly maxEntries?: number;
}

const refreshIntervalMs = 500;
/** Changes are looked for this far back, so that a slow transaction is still seen. */
const lookBackSeconds = 15;
const unknownTtlMs = 30_000;

interface Kept<Entry> {
  /** undefined: there is no such secret. */
  readonly entry: Entry | undefined;
  readonly loadedAtMs: number;
}

/** Records known to this process, by hash, in order of loading. */
class Records<Entry> {
  readonly #kept = new Map<string, Kept<Entry>>();
  readonly #maxEntries: number;
  readonly #idsOf: (entry: Entry) => readonly string[];
  /** Counts forgettings, per id: a look-up that began before one must not be kept. */
  readonly #forgotten = new Map<string, number>();
  #counter = 0;
  /** Of look-ups that began before this it is no longer known what was forgotten meanwhile: none is kept. */
  #oldestMark = 0;

  constructor(maxEntries: number, idsOf: (entry: Entry) => readonly string[]) {
    this.#maxEntries = maxEntries;
    this.#idsOf = idsOf;
  }

  get mark(): number {
    return this.#counter;
  }

  get(hash: string, nowMs: number): Kept<Entry> | undefined {
    const kept = this.#kept.get(hash);
    if (kept?.entry === undefined && kept !== undefined && nowMs - kept.loadedAtMs > unknownTtlMs) return undefined;
    return kept;
  }

  keep(hash: string, kept: Kept<Entry>, mark: number): void {
    if (mark < this.#oldestMark) return;
    const ids = kept.entry === undefined ? [] : this.#idsOf(kept.entry);
    if (ids.some((id) => (this.#forgotten.get(id) ?? 0) > mark)) return;
    if (this.#kept.size >= this.#maxEntries) {
      const oldest = this.#kept.keys().next().value;
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#kept.set(hash, kept);
  }

  forget(id: string): void {
    this.#counter += 1;
    if (this.#forgotten.size > 10_000) {
      this.#forgotten.clear();
      this.#oldestMark = this.#counter;
    }
    this.#forgotten.set(id, this.#counter);
    for (const [hash, { entry }] of this.#kept)
      if (entry !== undefined && this.#idsOf(entry).includes(id)) this.#kept.delete(hash);
  }
}

type WatcherOptions = Pick<WatchedCacheOptions<never>, 'subject' | 'changedWithin' | 'clock' | 'logger'>;

/** Follows the changes that other processes make. */
class ChangeWatcher {
  readonly #options: WatcherOptions;
  readonly #forget: (id: string) => void;
  #versions = new Map<string, string>();
  #lastReadMs: number;
  #reading: Promise<void> | undefined;
  #outage = false;

  constructor(options: WatcherOptions, forget: (id: string) => void) {
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
    const { subject, changedWithin, clock, logger } = this.#options;
    const startedAtMs = clock.now();
    // What changed while changes could not be read must not be missed: as far back as the last time they could.
    const unseenSeconds = Math.max(0, startedAtMs - this.#lastReadMs) / 1000;
    try {
      const changes = await changedWithin(lookBackSeconds + unseenSeconds);
      for (const change of changes) if (this.#versions.get(change.id) !== change.version) this.#forget(change.id);
      this.#versions = new Map(changes.map((change) => [change.id, change.version]));
      this.#lastReadMs = startedAtMs;
      if (this.#outage) logger.info({}, `${subject} changes can be read again`);
      this.#outage = false;
    } catch (error) {
      if (!this.#outage)
        logger.warn(
          { reason: errorMessage(error) },
          `${subject} changes cannot be read; known ${subject}s go on for a while`,
        );
      this.#outage = true;
    }
  }
}

/** Records by the hash of a secret, kept in this process and forgotten within a second of their change in another. */
export function createWatchedCache<Entry>(options: WatchedCacheOptions<Entry>): WatchedCache<Entry> {
  const { find, idsOf, clock, outageGraceSeconds, maxEntries = 50_000 } = options;
  const records = new Records<Entry>(maxEntries, idsOf);
  const loading = new Map<string, Promise<Entry | undefined>>();
  const forget = (id: string): void => {
    records.forget(id);
    // A request that comes from now on must not join a look-up that may have read the state of before.
    loading.clear();
  };
  const watcher = new ChangeWatcher(options, forget);
  const load = async (hash: string, secret: string): Promise<Entry | undefined> => {
    const { mark } = records;
    const entry = await find(hash, secret);
    records.keep(hash, { entry, loadedAtMs: clock.now() }, mark);
    return entry;
  };
  const loadOnce = (hash: string, secret: string): Promise<Entry | undefined> => {
    const running = loading.get(hash);
    if (running !== undefined) return running;
    const started = load(hash, secret).finally(() => {
      if (loading.get(hash) === started) loading.delete(hash);
    });
    loading.set(hash, started);
    return started;
  };
  return {
    get: (hash, secret, nowMs) => {
      const kept = records.get(hash, nowMs);
      const fresh = nowMs - watcher.lastReadMs <= outageGraceSeconds * 1000;
      return kept !== undefined && fresh ? kept.entry : loadOnce(hash, secret);
    },
    forget,
    refresh: () => watcher.read(),
    close: clock.every(refreshIntervalMs, () => void watcher.read()),
  };
}
