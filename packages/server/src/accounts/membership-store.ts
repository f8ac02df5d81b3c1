import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { isRole, type Role } from './roles.ts';

/** Somebody who has signed in. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly emailVerified: boolean;
}

/** A person's place in an organisation; organisation and tenant are the same. */
export interface Membership {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly plan: string;
  readonly role: Role;
  readonly trialEndsAt: Date | null;
  /** Somebody of the vendor's staff who looks in. */
  readonly isVisit?: boolean;
}

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly defaultPlan: string;
  /** Days a new organisation may try the default plan; undefined: for good. */
  readonly trialDays: number | undefined;
}

const dayMs = 86_400_000;
/** Separates these locks from others on the same numbers. */
const lockClass = 8_420_017;

type Row = Record<string, unknown> & {
  readonly tenant_id: string;
  readonly name: string;
  readonly plan: string;
  readonly role: string;
  readonly trial_ends_at: string | null;
};

async function read(executor: Executor, userId: string): Promise<Membership[]> {
  const { rows } = await executor.execute<Row>(sql`SELECT t.id AS tenant_id, t.name, t.plan, t.trial_ends_at, m.role
    FROM accounts."member" m JOIN tenants t ON t.id = m."organizationId"
    WHERE m."userId" = ${userId} ORDER BY m."createdAt", t.id`);
  return rows.flatMap(({ tenant_id: tenantId, name, plan, role, trial_ends_at: end }) =>
    isRole(role) ? [{ tenantId, tenantName: name, plan, role, trialEndsAt: end === null ? null : new Date(end) }] : [],
  );
}

/** Who belongs to which organisation. Every method may throw AppError DATABASE_UNAVAILABLE. */
export class MembershipStore {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Oldest first. */
  list(userId: string): Promise<readonly Membership[]> {
    return this.#options.database.query((executor) => read(executor, userId));
  }

  /**
   * The organisations of a person; who has none, and is invited to none, gets one of his own, on trial. Two at once make
   * one.
   */
  async ensure(person: Person): Promise<readonly Membership[]> {
    const known = await this.list(person.id);
    if (known.length > 0) return known;
    return this.#options.database.transaction(async (executor) => {
      await executor.execute(sql`SELECT pg_advisory_xact_lock(${lockClass}, hashtext(${person.id}))`);
      const already = await read(executor, person.id);
      if (already.length > 0) return already;
      const { rows } = await executor.execute(sql`SELECT 1 FROM accounts."invitation"
        WHERE lower("email") = lower(${person.email}) AND "status" = 'pending' AND "expiresAt" > ${this.#now()}`);
      if (rows.length > 0) return [];
      await this.#found(executor, person);
      return read(executor, person.id);
    });
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }

  async #found(executor: Executor, { id: userId, name, email }: Person): Promise<void> {
    const { clock, defaultPlan, trialDays } = this.#options;
    const nowMs = clock.now();
    const id = newId('ten', nowMs);
    const trialEnd = trialDays === undefined ? null : new Date(nowMs + trialDays * dayMs).toISOString();
    const title = name.trim() === '' ? email : name;
    await executor.execute(sql`INSERT INTO tenants (id, name, plan, contact_email, trial_ends_at)
      VALUES (${id}, ${title}, ${defaultPlan}, ${email}, ${trialEnd})`);
    await executor.execute(sql`INSERT INTO accounts."organization" ("id", "name", "slug", "createdAt")
      VALUES (${id}, ${title}, ${id.toLowerCase()}, ${this.#now()})`);
    await executor.execute(sql`INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt")
      VALUES (${newId('mem', nowMs)}, ${id}, ${userId}, 'owner', ${this.#now()})`);
  }
}
