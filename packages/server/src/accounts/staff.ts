import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import type { Membership, Person } from './membership-store.ts';

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  /** Addresses, as configured. */
  readonly emails: readonly string[];
}

const visitMs = 3_600_000;

/** The vendor's own people. They look at a tenant's console for an hour, with a reason, as one of its admins. */
export class Staff {
  readonly #options: Options;
  readonly #emails: ReadonlySet<string>;

  constructor(options: Options) {
    this.#options = options;
    this.#emails = new Set(options.emails.map((email) => email.toLowerCase()));
  }

  /** Only an address that was confirmed says who somebody is. */
  isMember({ email, emailVerified }: Person): boolean {
    return emailVerified && this.#emails.has(email.toLowerCase());
  }

  /** @returns until when @throws AppError RESOURCE_NOT_FOUND */
  async visit(person: Person, tenantId: string, reason: string): Promise<Date> {
    const until = new Date(this.#options.clock.now() + visitMs);
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute(sql`INSERT INTO staff_visits (user_id, tenant_id, reason, expires_at)
        SELECT ${person.id}, id, ${reason}, ${until.toISOString()}::timestamptz FROM tenants WHERE id = ${tenantId}
        ON CONFLICT (user_id, tenant_id) DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at
        RETURNING 1`),
    );
    if (rows.length === 0)
      throw new AppError('RESOURCE_NOT_FOUND', `There is no tenant ${JSON.stringify(tenantId.slice(0, 64))}.`, {
        param: 'id',
      });
    return until;
  }

  async leave(person: Person, tenantId: string): Promise<void> {
    await this.#options.database.query((executor) =>
      executor.execute(sql`DELETE FROM staff_visits WHERE user_id = ${person.id} AND tenant_id = ${tenantId}`),
    );
  }

  /** The place of a visitor who has said why; undefined: none. */
  async visiting(person: Person, tenantId: string): Promise<Membership | undefined> {
    if (!this.isMember(person)) return undefined;
    const now = new Date(this.#options.clock.now()).toISOString();
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<{ id: string; name: string; plan: string; trial_ends_at: string | null }>(
        sql`SELECT t.id, t.name, t.plan, t.trial_ends_at FROM staff_visits v JOIN tenants t ON t.id = v.tenant_id
          WHERE v.user_id = ${person.id} AND v.tenant_id = ${tenantId} AND v.expires_at > ${now}::timestamptz`,
      ),
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const trialEndsAt = row.trial_ends_at === null ? null : new Date(row.trial_ends_at);
    return { tenantId: row.id, tenantName: row.name, plan: row.plan, role: 'admin', trialEndsAt, isVisit: true };
  }
}
