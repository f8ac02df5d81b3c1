import { and, asc, eq, gt, ilike, or, sql, type SQL } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Database } from '../postgres/database.ts';
import { recordPlanChange } from './plan-change.ts';
import { tenants } from './tables.ts';

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  /** Who is written to about the account; null: nobody. */
  readonly contactEmail: string | null;
  /** The only region its requests may be run in; null: any. */
  readonly region: string | null;
  readonly suspended: boolean;
  /** Until then it may call models; null: no trial. */
  readonly trialEndsAt: Date | null;
  /** For so many days requests and answers are kept; null: not at all. */
  readonly keptBodiesDays: number | null;
  /** When its last owner closed it; null: it is open. */
  readonly closedAt: Date | null;
  readonly createdAt: Date;
}

/** What of a tenant can be changed; absent: left as it is. */
export interface TenantChange {
  readonly plan?: string | undefined;
  readonly suspended?: boolean | undefined;
  readonly contactEmail?: string | null | undefined;
  readonly region?: string | null | undefined;
  /** A new plan ends the trial, unless this is named. */
  readonly trialEndsAt?: Date | null | undefined;
  readonly name?: string | undefined;
  readonly keptBodiesDays?: number | null | undefined;
}

export interface TenantStore {
  create(input: {
    readonly name: string;
    readonly plan: string;
    readonly contactEmail?: string | undefined;
    readonly region?: string | undefined;
  }): Promise<Tenant>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  get(id: string): Promise<Tenant>;
  /**
   * In order of creation, after the tenant with id `after`; one more than `limit` tells the caller that there is more.
   * @param input.search a part of its name, its contact's address or that of a member; or its id
   */
  list(input: {
    readonly after?: string | undefined;
    readonly limit: number;
    readonly search?: string | undefined;
  }): Promise<Tenant[]>;
  /** @throws AppError RESOURCE_NOT_FOUND, CONFLICT: it was closed */
  update(id: string, change: TenantChange): Promise<Tenant>;
  /** Adds tokens beyond the plan until an instant; what was given until another one is over. @returns how many now @throws AppError RESOURCE_NOT_FOUND */
  credit(id: string, tokens: number, until: Date): Promise<number>;
  /** Is there no tenant yet? */
  isEmpty(): Promise<boolean>;
}

interface Dependencies {
  readonly database: Database;
  readonly clock: Clock;
}

const columns = {
  id: tenants.id,
  name: tenants.name,
  plan: tenants.plan,
  contactEmail: tenants.contactEmail,
  region: tenants.region,
  suspended: tenants.suspended,
  trialEndsAt: tenants.trialEndsAt,
  keptBodiesDays: tenants.keptBodiesDays,
  closedAt: tenants.closedAt,
  createdAt: tenants.createdAt,
};

function found(row: Tenant | undefined, id: string): Tenant {
  if (row === undefined)
    throw new AppError(
      'RESOURCE_NOT_FOUND',
      `There is no tenant ${JSON.stringify(id)}. GET /admin/v1/tenants lists them.`,
      { param: 'id' },
    );
  return row;
}

function matches(search: string | undefined): SQL | undefined {
  if (search === undefined) return undefined;
  const part = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return or(
    eq(tenants.id, search),
    ilike(tenants.name, part),
    ilike(tenants.contactEmail, part),
    sql`EXISTS (SELECT 1 FROM accounts."member" m JOIN accounts."user" u ON u."id" = m."userId"
      WHERE m."organizationId" = ${tenants.id} AND u."email" ILIKE ${part})`,
  );
}

async function updateTenant({ database, clock }: Dependencies, id: string, change: TenantChange): Promise<Tenant> {
  const { plan, suspended, contactEmail, region, name, keptBodiesDays } = change;
  const trialEndsAt = change.trialEndsAt === undefined && plan !== undefined ? null : change.trialEndsAt;
  return database.transaction(async (executor) => {
    const [before] = await executor
      .select({ plan: tenants.plan, closedAt: tenants.closedAt })
      .from(tenants)
      .where(eq(tenants.id, id))
      .for('update');
    if (before !== undefined && before.closedAt !== null)
      throw new AppError('CONFLICT', 'This organisation was closed for good by its owner.', { param: 'id' });
    const [row] = await executor
      .update(tenants)
      .set({
        ...(plan === undefined ? {} : { plan }),
        ...(contactEmail === undefined ? {} : { contactEmail }),
        ...(region === undefined ? {} : { region }),
        ...(suspended === undefined ? {} : { suspended }),
        ...(name === undefined ? {} : { name }),
        ...(keptBodiesDays === undefined ? {} : { keptBodiesDays }),
        ...(trialEndsAt === undefined ? {} : { trialEndsAt }),
        updatedAt: sql`clock_timestamp()`,
      })
      .where(eq(tenants.id, id))
      .returning(columns);
    const tenant = found(row, id);
    const from = before?.plan ?? tenant.plan;
    await recordPlanChange(executor, { tenantId: id, from, to: tenant.plan, nowMs: clock.now() });
    return tenant;
  });
}

async function creditTenant(database: Database, id: string, tokens: number, until: Date): Promise<number> {
  const [row] = await database.query((executor) =>
    executor
      .update(tenants)
      .set({
        creditTokens: sql`CASE WHEN ${tenants.creditUntil} = ${until.toISOString()}::timestamptz THEN ${tenants.creditTokens} ELSE 0 END + ${tokens}::bigint`,
        creditUntil: until,
        updatedAt: sql`clock_timestamp()`,
      })
      .where(eq(tenants.id, id))
      .returning({ ...columns, creditTokens: tenants.creditTokens }),
  );
  found(row, id);
  return row?.creditTokens ?? 0;
}

export function createTenantStore(dependencies: Dependencies): TenantStore {
  const { database, clock } = dependencies;
  return {
    create: async ({ name, plan, contactEmail, region }) => {
      const id = newId('ten', clock.now());
      const [row] = await database.query((executor) =>
        executor
          .insert(tenants)
          .values({ id, name, plan, contactEmail: contactEmail ?? null, region: region ?? null })
          .returning(columns),
      );
      return found(row, id);
    },
    get: async (id) => {
      const [row] = await database.query((executor) =>
        executor.select(columns).from(tenants).where(eq(tenants.id, id)),
      );
      return found(row, id);
    },
    list: ({ after, limit, search }) =>
      database.query((executor) =>
        executor
          .select(columns)
          .from(tenants)
          .where(and(after === undefined ? undefined : gt(tenants.id, after), matches(search)))
          .orderBy(asc(tenants.id))
          .limit(limit + 1),
      ),
    update: (id, change) => updateTenant(dependencies, id, change),
    credit: (id, tokens, until) => creditTenant(database, id, tokens, until),
    isEmpty: async () =>
      (await database.query((executor) => executor.select({ id: tenants.id }).from(tenants).limit(1))).length === 0,
  };
}
