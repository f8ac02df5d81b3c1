import { hash } from 'node:crypto';
import { after, type Clock } from '../clock.ts';
import type { Settings } from '../config/schema.ts';
import { AppError, errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { deleteExpired, deleteSurplus, findEntry, surplusTenants, upsertEntry } from './entry-rows.ts';

/** An answer as it went to the client. */
export interface CachedAnswer {
  readonly kind: 'json' | 'stream';
  readonly text: string;
}

export interface FoundAnswer extends CachedAnswer {
  readonly ageSeconds: number;
}

export interface NewEntry {
  readonly id: string;
  readonly tenantId: string;
  readonly maxAgeSeconds: number;
  readonly answer: CachedAnswer;
}

export interface ResponseCache {
  /** An answer no older than `maxAgeSeconds`. A cache that cannot be read, or not in time, has none. Never rejects. */
  find(id: string, maxAgeSeconds: number): Promise<FoundAnswer | undefined>;
  /** Keeps an answer for `maxAgeSeconds`, unless it is too large or too many are being written. Never rejects. */
  store(entry: NewEntry): Promise<void>;
  /** Drops what has expired, and the oldest of tenants that have too many. Runs by itself. @returns how many */
  tidy(): Promise<number>;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cipher: Cipher;
  readonly settings: Settings['response_cache'];
}

const tidyEveryMs = 5 * 60_000;
/** A cache slower than this is no help: the model is asked. */
const longestLookMs = 1_000;
/** Answers being written at once; with a database that is stuck, more would only fill the memory. */
const maxWriting = 32;
/** A tenant's surplus is dropped each time this part of its room has been written. */
const surplusPart = 20;
const maxCountedTenants = 10_000;

/** Equal for equal requests of one tenant, and for nothing else. @param parts what makes the request what it is */
export function cacheId(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex');
}

/** A driver's message holds what was written; the reason below it does not. */
function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

class PostgresResponseCache implements ResponseCache {
  readonly #options: Options;
  readonly #stop: () => void;
  readonly #writing = new Set<Promise<void>>();
  #tidying: Promise<unknown> | undefined;
  /** What tenants have written here since their surplus was looked at. */
  readonly #written = new Map<string, number>();

  constructor(options: Options) {
    this.#options = options;
    this.#stop = options.clock.every(tidyEveryMs, () => {
      this.#tidying ??= this.tidy()
        .catch((error: unknown) => {
          this.#warn(error, 'the response cache could not be tidied');
        })
        .finally(() => {
          this.#tidying = undefined;
        });
    });
  }

  async find(id: string, maxAgeSeconds: number): Promise<FoundAnswer | undefined> {
    const { clock, logger } = this.#options;
    let stopWaiting: (() => void) | undefined;
    const late = new Promise<undefined>((resolve) => {
      stopWaiting = after(clock, longestLookMs, () => {
        logger.warn({ waitedMs: longestLookMs }, 'the response cache did not answer in time');
        resolve(undefined);
      });
    });
    const found = this.#read(id, maxAgeSeconds).catch((error: unknown) => {
      this.#warn(error, 'the response cache could not be read');
      return undefined;
    });
    try {
      return await Promise.race([found, late]);
    } finally {
      stopWaiting?.();
    }
  }

  async store(entry: NewEntry): Promise<void> {
    const bytes = Buffer.from(entry.answer.text);
    if (bytes.length > this.#options.settings.max_entry_bytes) return;
    if (this.#writing.size >= maxWriting) {
      this.#options.logger.debug({ tenant: entry.tenantId }, 'an answer was not cached: too many are being written');
      return;
    }
    const writing = this.#write(entry, bytes)
      .catch((error: unknown) => {
        this.#warn(error, 'an answer could not be cached');
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    await writing;
  }

  async tidy(): Promise<number> {
    const { database, clock, settings } = this.#options;
    const { max_tenant_entries: most } = settings;
    let dropped = await deleteExpired(database, clock.now());
    for (const tenantId of await surplusTenants(database, most))
      dropped += await deleteSurplus(database, { tenantId, most });
    return dropped;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#tidying;
    await Promise.all(this.#writing);
  }

  async #read(id: string, maxAgeSeconds: number): Promise<FoundAnswer | undefined> {
    const { database, clock, cipher } = this.#options;
    const nowMs = clock.now();
    const row = await findEntry(database, { id, youngerThanMs: nowMs - maxAgeSeconds * 1_000, nowMs });
    if (row === undefined) return undefined;
    const text = cipher.open(row.payload, id).toString('utf8');
    return { kind: row.kind, text, ageSeconds: Math.max(0, Math.floor((nowMs - row.createdAtMs) / 1_000)) };
  }

  async #write({ id, tenantId, maxAgeSeconds, answer }: NewEntry, bytes: Buffer): Promise<void> {
    const { database, clock, cipher, settings } = this.#options;
    const { max_tenant_entries: most } = settings;
    const nowMs = clock.now();
    const expiresAtMs = nowMs + Math.min(maxAgeSeconds, settings.max_age_seconds) * 1_000;
    const payload = cipher.seal(bytes, id);
    await upsertEntry(database, { id, tenantId, kind: answer.kind, payload, createdAtMs: nowMs, expiresAtMs });
    if (this.#isSurplusDue(tenantId, most)) await deleteSurplus(database, { tenantId, most });
  }

  #isSurplusDue(tenantId: string, most: number): boolean {
    const count = (this.#written.get(tenantId) ?? 0) + 1;
    const isDue = count * surplusPart >= most;
    if (this.#written.size >= maxCountedTenants) this.#written.clear();
    if (isDue) this.#written.delete(tenantId);
    else this.#written.set(tenantId, count);
    return isDue;
  }

  #warn(error: unknown, what: string): void {
    this.#options.logger.warn({ reason: reasonOf(error) }, what);
  }
}

/** Exact-match answers in PostgreSQL, each sealed and bound to its request. */
export function createResponseCache(options: Options): ResponseCache {
  return new PostgresResponseCache(options);
}
