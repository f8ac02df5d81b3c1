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

interface Options {
  readonly url: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    application_name: 'turnpike-sole',
  });
  // What is lost is taken again by the holder.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Holds the lock, and takes it again after its connection was lost. */
class LockHolder implements SoleProcess {
  readonly #options: Options;
  readonly #stop: () => void;
  #client: Client;
  #held = true;
  #released = false;
  #busy = false;
  #told = false;

  constructor(options: Options, client: Client) {
    this.#options = options;
    this.#client = client;
    this.#watch();
    this.#stop = options.clock.every(1_000, () => {
      this.#look();
    });
  }

  async release(): Promise<void> {
    this.#released = true;
    this.#stop();
    await this.#client.end().catch(() => undefined);
  }

  #watch(): void {
    this.#client.once('end', () => {
      this.#held = false;
    });
  }

  #look(): void {
    if (this.#held || this.#released || this.#busy) return;
    this.#busy = true;
    // What fails now is tried again a second later.
    void this.#takeAgain()
      .catch(() => undefined)
      .finally(() => {
        this.#busy = false;
      });
  }

  async #takeAgain(): Promise<void> {
    await this.#client.end().catch(() => undefined);
    this.#client = await connect(this.#options.url);
    if (this.#released) return this.#client.end();
    this.#watch();
    this.#held = await tryLock(this.#client);
    if (!this.#held && !this.#told)
      this.#options.logger.error({}, 'another process counts limits on this database: set REDIS_URL for both');
    this.#told = !this.#held;
  }
}

/**
 * Without Redis each process counts limits by itself, which is exact for one process only. A session lock on the
 * database sees to it that there is one: it goes with the connection, so a killed process leaves nothing behind.
 * @returns undefined when another process holds it
 */
export async function becomeSoleProcess(options: Options): Promise<SoleProcess | undefined> {
  const client = await connect(options.url);
  if (await tryRepeatedly(client)) return new LockHolder(options, client);
  await client.end();
  return undefined;
}
