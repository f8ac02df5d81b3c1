import { hash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Principal, Scope } from '../keys/key.ts';
import type { KeyRecord } from '../keys/store.ts';
import type { Database } from '../postgres/database.ts';
import type { Auth } from './create-auth.ts';
import { readPersonToken } from './person-token.ts';
import { isRole, mayDo, type Role } from './roles.ts';

interface Options {
  readonly auth: Auth;
  readonly database: Database;
  readonly clock: Clock;
}

interface Known {
  readonly principal: Principal;
  readonly expiresAtMs: number;
  readonly checkedAtMs: number;
}

type Row = Record<string, unknown> & {
  readonly id: string;
  readonly plan: string;
  readonly suspended: boolean;
  readonly region: string | null;
  readonly trial_ends_at: string | null;
  readonly kept_bodies_days: number | null;
  readonly overage: boolean;
  readonly credit_tokens: string;
  readonly credit_until: string | null;
  readonly role: string;
};

/** Membership, plan and suspension are looked at again after so long. */
const freshMs = 1_000;
const mostKnown = 10_000;
/** People among the ids of keys. */
const idPrefix = 'usr_';

/** What somebody may do with the API himself, without a key. */
function scopesOf(role: Role): ReadonlySet<Scope> {
  const scopes: Scope[] = ['models'];
  if (mayDo(role, 'keys:write')) scopes.push('chat', 'embeddings', 'files');
  if (mayDo(role, 'provider_keys:write')) scopes.push('provider_keys');
  return new Set(scopes);
}

function principalOf(userId: string, row: Row): Principal {
  const { credit_until: creditUntil } = row;
  return {
    ...{ tenantId: row.id, keyId: `${idPrefix}${userId}`, mode: 'live', plan: row.plan, suspended: row.suspended },
    scopes: scopesOf(isRole(row.role) ? row.role : 'viewer'),
    models: null,
    pinnedVersion: undefined,
    region: row.region ?? undefined,
    trialEndsAtMs: row.trial_ends_at === null ? undefined : new Date(row.trial_ends_at).getTime(),
    keptBodiesDays: row.kept_bodies_days ?? undefined,
    overage: row.overage ? true : undefined,
    credit:
      creditUntil === null
        ? undefined
        : { tokens: Number(row.credit_tokens), untilMs: new Date(creditUntil).getTime() },
  };
}

export function isPersonId(keyId: string): boolean {
  return keyId.startsWith(idPrefix);
}

/**
 * The short tokens of people (GET /auth/token) on the road: the same plan, limits and bill as the keys of their
 * organisation. Who is no longer a member is refused within about a second.
 */
export class TokenAuthenticator {
  readonly #options: Options;
  readonly #known = new Map<string, Known>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** @throws AppError INVALID_SESSION, EXPIRED_TOKEN, DATABASE_UNAVAILABLE */
  async authenticate(token: string): Promise<Principal> {
    const id = hash('sha256', token);
    const nowMs = this.#options.clock.now();
    const known = this.#known.get(id);
    if (known !== undefined && nowMs - known.checkedAtMs < freshMs && nowMs < known.expiresAtMs) return known.principal;
    const { person, tenantId, expiresAtMs } = await readPersonToken(this.#options.auth, token, nowMs);
    const principal = tenantId === undefined ? undefined : await this.#read(person.id, tenantId);
    if (principal === undefined)
      throw new AppError('INVALID_SESSION', 'Whoever this token is for is no member of its organisation any more.');
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(id, { principal, expiresAtMs, checkedAtMs: nowMs });
    return principal;
  }

  /** Somebody who ordered work earlier, as of now; undefined: no member any more. @param keyId `usr_…`, as the principal had it */
  async holder(tenantId: string, keyId: string): Promise<KeyRecord | undefined> {
    const never = { keyExpiresAtMs: Number.POSITIVE_INFINITY, secretExpiresAtMs: Number.POSITIVE_INFINITY };
    const principal = await this.#read(keyId.slice(idPrefix.length), tenantId);
    return principal === undefined ? undefined : { principal, revoked: false, ...never };
  }

  /** undefined: no member. */
  async #read(userId: string, tenantId: string): Promise<Principal | undefined> {
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<Row>(sql`SELECT t.id, t.plan, t.suspended, t.region, t.trial_ends_at, t.kept_bodies_days, t.overage,
        t.credit_tokens::text AS credit_tokens, t.credit_until, m."role" AS role
        FROM accounts."member" m JOIN tenants t ON t.id = m."organizationId"
        WHERE m."userId" = ${userId} AND t.id = ${tenantId}`),
    );
    const [row] = rows;
    return row === undefined ? undefined : principalOf(userId, row);
  }
}
