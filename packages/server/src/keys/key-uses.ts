import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';

/** When and from where keys were used last, gathered in memory and stored now and then. */
export interface KeyUses {
  /** Costs a look into a map. */
  note(keyId: string, address: string): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Use {
  readonly atMs: number;
  readonly address: string;
}

const flushEveryMs = 10_000;
/** A key in steady use is stored so often. */
const refreshMs = 60_000;
const maxRemembered = 100_000;

async function storeUses(database: Database, uses: ReadonlyMap<string, Use>): Promise<void> {
  const rows = [...uses].map(([id, { atMs, address }]) => ({ id, address, at: new Date(atMs).toISOString() }));
  await database.query((executor) =>
    executor.execute(sql`INSERT INTO key_uses AS u (key_id, last_used_at, address)
      SELECT r.id, r.at, r.address FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id text, at timestamptz, address text)
      WHERE EXISTS (SELECT 1 FROM api_keys k WHERE k.id = r.id) ORDER BY 1
      ON CONFLICT (key_id) DO UPDATE SET last_used_at = excluded.last_used_at, address = excluded.address
      WHERE u.last_used_at < excluded.last_used_at`),
  );
}

export function createKeyUses(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}): KeyUses {
  const { database, clock, logger } = options;
  const stored = new Map<string, Use>();
  let waiting = new Map<string, Use>();
  const store = async (): Promise<void> => {
    if (waiting.size === 0) return;
    const uses = waiting;
    waiting = new Map();
    try {
      await storeUses(database, uses);
    } catch (error) {
      for (const [keyId, use] of uses) if (!waiting.has(keyId)) waiting.set(keyId, use);
      logger.debug({ reason: errorMessage(error) }, 'when keys were used last will be stored later');
    }
  };
  let storing = Promise.resolve();
  const flush = (): Promise<void> => {
    storing = storing.then(store);
    return storing;
  };
  const stop = clock.every(flushEveryMs, () => void flush());
  return {
    note: (keyId, address) => {
      const atMs = clock.now();
      const before = stored.get(keyId);
      if (before?.address === address && atMs - before.atMs < refreshMs) return;
      if (stored.size >= maxRemembered) stored.clear();
      const use = { atMs, address };
      stored.set(keyId, use);
      waiting.set(keyId, use);
    },
    flush,
    close: async () => {
      stop();
      await flush();
    },
  };
}
