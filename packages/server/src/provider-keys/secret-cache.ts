import type { Clock } from '../clock.ts';

interface Cached {
  readonly secret: Promise<string | undefined>;
  readonly readAtMs: number;
}

interface Options {
  readonly clock: Clock;
  readonly read: (tenantId: string, upstream: string) => Promise<string | undefined>;
  readonly maxEntries?: number;
}

/** A change made by another process is seen after this long at most. */
const freshMs = 1_000;

/** Secrets read a moment ago, in order of reading; those no longer fresh leave the memory at the next reading. */
export class SecretCache {
  readonly #options: Options;
  readonly #maxEntries: number;
  readonly #cached = new Map<string, Cached>();

  constructor(options: Options) {
    this.#options = options;
    this.#maxEntries = options.maxEntries ?? 10_000;
  }

  get size(): number {
    return this.#cached.size;
  }

  /** Calls at once share a reading. Rejects as `read` does; failures are not kept. */
  read(tenantId: string, upstream: string): Promise<string | undefined> {
    const id = idOf(tenantId, upstream);
    const nowMs = this.#options.clock.now();
    this.#dropStale(nowMs);
    const known = this.#cached.get(id);
    if (known !== undefined) return known.secret;
    const secret = this.#options.read(tenantId, upstream);
    secret.catch(() => {
      if (this.#cached.get(id)?.secret === secret) this.#cached.delete(id);
    });
    this.#cached.set(id, { secret, readAtMs: nowMs });
    return secret;
  }

  forget(tenantId: string, upstream: string): void {
    this.#cached.delete(idOf(tenantId, upstream));
  }

  #dropStale(nowMs: number): void {
    for (const [id, { readAtMs }] of this.#cached) {
      const isFresh = nowMs - readAtMs < freshMs && nowMs >= readAtMs;
      if (isFresh && this.#cached.size < this.#maxEntries) return;
      this.#cached.delete(id);
    }
  }
}

function idOf(tenantId: string, upstream: string): string {
  return JSON.stringify([tenantId, upstream]);
}
