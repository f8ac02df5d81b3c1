import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';

/** The part of a principal that matters here. */
interface Speaker {
  readonly keyId: string;
  readonly pinnedVersion: string | undefined;
}

export interface VersionUsage {
  /** Notes that a key has really spoken a version. Costs a look into a map; the database hears of it later. */
  note(speaker: Speaker, version: string): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly latest: string;
  /** Pins a key that has no pin yet. */
  readonly pin: (keyId: string, version: string) => Promise<void>;
}

interface Use {
  readonly keyId: string;
  readonly version: string;
  readonly atMs: number;
}

const flushEveryMs = 5_000;
/** A key and version that were stored are stored again after this long: the time of last use is that exact. */
const refreshMs = 3_600_000;
const maxRemembered = 200_000;

async function storeUses(database: Database, uses: readonly Use[]): Promise<void> {
  const seen = JSON.stringify(
    uses.map((use) => ({ key_id: use.keyId, version: use.version, at: new Date(use.atMs).toISOString() })),
  );
  await database.query((executor) =>
    executor.execute(sql`
      INSERT INTO version_usage AS u (key_id, version, first_used_at, last_used_at)
      SELECT r.key_id, r.version, r.at, r.at FROM jsonb_to_recordset(${seen}::jsonb) AS r(key_id text, version text, at timestamptz)
      WHERE EXISTS (SELECT 1 FROM api_keys k WHERE k.id = r.key_id)
      ORDER BY 1, 2
      ON CONFLICT (version, key_id) DO UPDATE SET last_used_at = greatest(u.last_used_at, excluded.last_used_at)`),
  );
}

/** Who speaks which version, gathered in memory and stored every few seconds; pins keys at their first call. */
export function createVersionUsage({ database, clock, logger, latest, pin }: Options): VersionUsage {
  const storedAtMs = new Map<string, number>();
  let waiting = new Map<string, Use>();
  let unpinned = new Set<string>();

  const store = async (): Promise<void> => {
    const rows = [...waiting.values()];
    const keys = [...unpinned];
    if (rows.length === 0 && keys.length === 0) return;
    waiting = new Map();
    unpinned = new Set();
    try {
      await storeUses(database, rows);
      for (const keyId of keys) await pin(keyId, latest);
    } catch (error) {
      for (const row of rows) {
        const id = `${row.version} ${row.keyId}`;
        if (!waiting.has(id)) waiting.set(id, row);
      }
      for (const keyId of keys) unpinned.add(keyId);
      logger.debug({ reason: errorMessage(error) }, 'the versions that keys speak will be stored later');
    }
  };
  /** One after the other: whoever waits for a flush finds stored what was noted before. */
  let storing = Promise.resolve();
  const flush = (): Promise<void> => {
    storing = storing.then(store);
    return storing;
  };
  const stop = clock.every(flushEveryMs, () => void flush());
  return {
    note: ({ keyId, pinnedVersion }, version) => {
      // Tokens have no pin.
      if (pinnedVersion === undefined && keyId.startsWith('key_')) unpinned.add(keyId);
      const id = `${version} ${keyId}`;
      const nowMs = clock.now();
      const before = storedAtMs.get(id);
      if (before !== undefined && nowMs - before < refreshMs) return;
      if (storedAtMs.size >= maxRemembered) storedAtMs.clear();
      storedAtMs.set(id, nowMs);
      waiting.set(id, { keyId, version, atMs: nowMs });
    },
    flush,
    close: async () => {
      stop();
      await flush();
    },
  };
}
