import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import type { Cipher } from '../secrets/cipher.ts';

/** What was asked and answered, as it went over the wire; long ones are cut. */
export interface Bodies {
  readonly request: string;
  /** null: nothing was answered. */
  readonly answer: string | null;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cipher: Cipher;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
export const longestKept = 256 * 1024;

/** Requests and answers of tenants that want them kept: sealed, for as long as they said. */
export class KeptBodies {
  readonly #options: Options;
  readonly #stop: () => void;
  /** Written one after the other: keeping must not take the database from those who answer. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.#options = options;
    this.#stop = options.clock.every(hourMs, () => {
      this.dropExpired().catch((error: unknown) => {
        options.logger.warn({ reason: errorMessage(error) }, 'kept requests could not be dropped');
      });
    });
  }

  /** Behind the answer; what cannot be written is not kept. */
  keep(event: { readonly id: string; readonly tenantId: string; readonly days: number }, bodies: Bodies): void {
    this.#writing = this.#writing.then(() =>
      this.#write(event, bodies).catch((error: unknown) => {
        this.#options.logger.warn({ reason: errorMessage(error) }, 'a request could not be kept');
      }),
    );
  }

  async find(tenantId: string, id: string): Promise<(Bodies & { readonly expiresAt: Date }) | undefined> {
    const { database, clock, cipher } = this.#options;
    const now = new Date(clock.now()).toISOString();
    const { rows } = await database.query((executor) =>
      executor.execute<{ request: Uint8Array; answer: Uint8Array | null; expires_at: string }>(
        sql`SELECT request, answer, expires_at FROM request_bodies
          WHERE event_id = ${id} AND tenant_id = ${tenantId} AND expires_at > ${now}::timestamptz`,
      ),
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const open = (sealed: Uint8Array) => cipher.open(Buffer.from(sealed), id).toString('utf8');
    return {
      request: open(row.request),
      answer: row.answer === null ? null : open(row.answer),
      expiresAt: new Date(row.expires_at),
    };
  }

  async dropExpired(): Promise<void> {
    const now = new Date(this.#options.clock.now()).toISOString();
    await this.#options.database.query((executor) =>
      executor.execute(sql`DELETE FROM request_bodies WHERE expires_at <= ${now}::timestamptz`),
    );
  }

  /** Those that are being written are waited for. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#writing;
  }

  async #write(
    { id, tenantId, days }: { readonly id: string; readonly tenantId: string; readonly days: number },
    { request, answer }: Bodies,
  ): Promise<void> {
    const { database, clock, cipher } = this.#options;
    const seal = (text: string) => cipher.seal(Buffer.from(text.slice(0, longestKept)), id);
    const until = new Date(clock.now() + days * dayMs).toISOString();
    await database.query((executor) =>
      executor.execute(sql`INSERT INTO request_bodies (event_id, tenant_id, request, answer, expires_at)
        VALUES (${id}, ${tenantId}, ${seal(request)}, ${answer === null ? null : seal(answer)}, ${until})
        ON CONFLICT (event_id) DO NOTHING`),
    );
  }
}
