import { Client } from 'pg';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';

/** Any number fixed for this purpose; differs from the one of migrations. */
const advisoryLock = 8_420_002;
const attempts = 10;
const attemptEveryMs = 300;

export interface SoleProcess {
  release(): Promise<void>;
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [advisoryLock]);
  return rows[0]?.locked === true;
}

/** A process that is just going gets a moment. */
async function tryRepeatedly(client: Client): Promise<boolean> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (await tryLock(client)) return true;
    if (attempt < attempts) await new Promise((resolve) => setTimeout(resolve, attemptEveryMs));
  }
  return false;
}

/**
 * Without Redis each process counts limits by itself, which is exact for one process only. A session lock on the
 * database sees to it that there is one: it goes with the connection, so a killed process leaves nothing behind.
 * @returns undefined when another process holds it
 */
export async function becomeSoleProcess(options: {
  readonly url: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<SoleProcess | undefined> {
  const connect = async (): Promise<Client> => {
    const client = new Client({
      connectionString: options.url,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      application_name: 'turnpike-sole',
    });
    // What is lost is taken again below.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  let client = await connect();
  const locked = await tryRepeatedly(client);
  if (!locked) {
    await client.end();
    return undefined;
  }
  let held = true;
  let released = false;
  let busy = false;
  let told = false;
  const watch = () =>
    client.once('end', () => {
      held = false;
    });
  const takeAgain = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    client = await connect();
    if (released) return client.end();
    watch();
    held = await tryLock(client);
    if (!held && !told)
      options.logger.error({}, 'another process counts limits on this database: set REDIS_URL for both');
    told = !held;
  };
  watch();
  const stop = options.clock.every(1_000, () => {
    if (held || released || busy) return;
    busy = true;
    // What fails now is tried again a second later.
    void takeAgain()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  });
  return {
    release: async () => {
      released = true;
      stop();
      await client.end().catch(() => undefined);
    },
  };
}
