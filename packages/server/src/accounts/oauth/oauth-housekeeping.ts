import { sql } from 'drizzle-orm';
import type { Clock } from '../../clock.ts';
import { errorMessage } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Database } from '../../postgres/database.ts';

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

const intervalMs = 3_600_000;

/**
 * Drops what nothing stands on any more: tokens a day after their end, applications that registered and that nobody let
 * in within a day, notes of changes that every process has long read.
 */
export async function sweepOAuth({ database }: Pick<Options, 'database'>): Promise<void> {
  const statements = [
    sql`DELETE FROM accounts."oauthAccessToken" WHERE "expiresAt" < now() - interval '1 day'`,
    sql`DELETE FROM accounts."oauthRefreshToken" WHERE "expiresAt" < now() - interval '1 day'`,
    sql`DELETE FROM accounts."oauthClientAssertion" WHERE "expiresAt" < now()`,
    sql`DELETE FROM accounts."oauthClient" l WHERE l."createdAt" < now() - interval '1 day'
      AND NOT EXISTS (SELECT 1 FROM accounts."oauthConsent" c WHERE c."clientId" = l."clientId")
      AND NOT EXISTS (SELECT 1 FROM accounts."oauthRefreshToken" r WHERE r."clientId" = l."clientId")`,
    sql`DELETE FROM accounts.access_changes WHERE changed_at < now() - interval '2 days'`,
  ];
  for (const statement of statements) await database.query((executor) => executor.execute(statement));
}

/** Sweeps every hour. */
export function startOAuthHousekeeping({ database, clock, logger }: Options): { readonly close: () => Promise<void> } {
  let running = Promise.resolve();
  const stop = clock.every(intervalMs, () => {
    running = running
      .then(() => sweepOAuth({ database }))
      .catch((error: unknown) => {
        logger.warn({ reason: errorMessage(error) }, 'tokens that are over could not be dropped');
      });
  });
  return {
    close: async () => {
      stop();
      await running;
    },
  };
}
