import { hash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Principal, Scope } from '../keys/key.ts';
import type { Database } from '../postgres/database.ts';
import type { Auth } from './create-auth.ts';
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

interface Claims {
  readonly sub?: unknown;
  readonly exp?: unknown;
  readonly org?: unknown;
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
    ...{ tenantId: row.id, keyId: `usr_${userId}`, mode: 'live', plan: row.plan, suspended: row.suspended },
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

/** Is it a token of somebody who has signed in, by its form? Keys have no dots. */
export function isPersonToken(secret: string | undefined): secret is string {
  return secret !== undefined && secret.startsWith('ey') && secret.split('.').length === 3;
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
    const { userId, organization, expiresAtMs } = await this.#verified(token, nowMs);
    const principal = await this.#read(userId, organization);
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(id, { principal, expiresAtMs, checkedAtMs: nowMs });
    return principal;
  }

  async #verified(token: string, nowMs: number) {
    const { payload } = await this.#options.auth.api.verifyJWT({ body: { token } }).catch(() => ({ payload: null }));
    const { sub, exp, org }: Claims = payload ?? expiredClaims(token);
    if (typeof exp === 'number' && exp * 1_000 <= nowMs)
      throw new AppError('EXPIRED_TOKEN', 'This token has expired. Get a new one with GET /auth/token.', {
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      });
    if (payload === null || typeof sub !== 'string' || typeof exp !== 'number')
      throw new AppError('INVALID_SESSION', 'This token is not valid. Get a new one with GET /auth/token.', {
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      });
    return { userId: sub, organization: typeof org === 'string' ? org : null, expiresAtMs: exp * 1_000 };
  }

  async #read(userId: string, organization: string | null): Promise<Principal> {
    const { rows } = await this.#options.database.query((executor) =>
      executor.execute<Row>(sql`SELECT t.id, t.plan, t.suspended, t.region, t.trial_ends_at, t.kept_bodies_days, t.overage,
        t.credit_tokens::text AS credit_tokens, t.credit_until, m."role" AS role
        FROM accounts."member" m JOIN tenants t ON t.id = m."organizationId"
        WHERE m."userId" = ${userId} AND (${organization}::text IS NULL OR t.id = ${organization})
        ORDER BY m."createdAt", t.id LIMIT 1`),
    );
    const [row] = rows;
    if (row !== undefined) return principalOf(userId, row);
    throw new AppError('INVALID_SESSION', 'Whoever this token is for is no member of the organisation any more.');
  }
}

/** Claims of a token that is not taken as valid: only to say why. */
function expiredClaims(token: string): Claims {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
  } catch {
    return {};
  }
}
