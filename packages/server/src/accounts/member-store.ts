import { sql } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { recordEvent } from '../webhooks/record-event.ts';
import { isRole, mayAssign, roles, type Role } from './roles.ts';
import type { Membership, Person } from './membership-store.ts';

export interface Member {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly joinedAt: Date;
}

export interface Invitation {
  readonly id: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly email: string;
  readonly role: Role;
  readonly status: 'pending' | 'accepted' | 'canceled' | 'rejected';
  readonly inviterName: string;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

const dayMs = 86_400_000;
const goodForDays = 7;
/** Nobody needs more, and each is a mail that we send to a stranger. */
const mostOpenInvitations = 50;

type MemberRow = Record<string, unknown> & {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
  readonly created_at: string;
};

type InvitationRow = Record<string, unknown> & {
  readonly id: string;
  readonly tenant_id: string;
  readonly tenant_name: string;
  readonly email: string;
  readonly role: string;
  readonly status: Invitation['status'];
  readonly inviter: string;
  readonly expires_at: string;
  readonly created_at: string;
};

function roleOf(name: string): Role {
  return isRole(name) ? name : 'viewer';
}

function memberOf(row: MemberRow): Member {
  const { id, user_id: userId, name, email, role, created_at: joined } = row;
  return { id, userId, name, email, role: roleOf(role), joinedAt: new Date(joined) };
}

function invitationOf(row: InvitationRow): Invitation {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    email: row.email,
    role: roleOf(row.role),
    status: row.status,
    inviterName: row.inviter,
    expiresAt: new Date(row.expires_at),
    createdAt: new Date(row.created_at),
  };
}

const members = sql`SELECT m."id" AS id, m."userId" AS user_id, u."name" AS name, u."email" AS email, m."role" AS role,
  m."createdAt" AS created_at FROM accounts."member" m JOIN accounts."user" u ON u."id" = m."userId"`;

const invitations = sql`SELECT i."id" AS id, i."organizationId" AS tenant_id, t.name AS tenant_name, i."email" AS email,
  i."role" AS role, i."status" AS status, u."name" AS inviter, i."expiresAt" AS expires_at, i."createdAt" AS created_at
  FROM accounts."invitation" i JOIN tenants t ON t.id = i."organizationId" JOIN accounts."user" u ON u."id" = i."inviterId"`;

function notYours(what: string): AppError {
  return new AppError('RESOURCE_NOT_FOUND', `Your organisation has no such ${what}.`, { param: 'id' });
}

function requireRank(by: Role, from: Role | undefined, to: Role | undefined): void {
  if (mayAssign(by, from, to)) return;
  throw new AppError(
    'INSUFFICIENT_ROLE',
    `As ${by} you may not make, change or remove ${to === 'owner' || from === 'owner' ? 'owners' : 'members of this role'}. Ask an owner.`,
  );
}

/**
 * Who belongs to an organisation and who is invited. Nobody gives more than he has; the last owner stays. Methods may
 * throw AppError DATABASE_UNAVAILABLE.
 */
export class MemberStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  async list(tenantId: string): Promise<Member[]> {
    const { rows } = await this.#database.query((executor) =>
      executor.execute<MemberRow>(
        sql`${members} WHERE m."organizationId" = ${tenantId} ORDER BY m."createdAt", m."id"`,
      ),
    );
    return rows.map(memberOf);
  }

  /** @throws AppError RESOURCE_NOT_FOUND, INSUFFICIENT_ROLE, CONFLICT for the last owner */
  changeRole(by: Membership, memberId: string, to: Role): Promise<Member> {
    return this.#locked(by.tenantId, async (executor) => {
      const member = await this.#find(executor, by.tenantId, memberId);
      requireRank(by.role, member.role, to);
      if (member.role === 'owner' && to !== 'owner') await this.#requireOtherOwner(executor, by.tenantId);
      await executor.execute(sql`UPDATE accounts."member" SET "role" = ${to} WHERE "id" = ${memberId}`);
      await this.#withdrawBeyond(executor, by.tenantId, member.userId, to);
      return { ...member, role: to };
    });
  }

  /** Anybody may leave; others are removed by those who may. @throws AppError as changeRole */
  remove(by: Membership, userId: string, memberId: string): Promise<Member> {
    return this.#locked(by.tenantId, async (executor) => {
      const member = await this.#find(executor, by.tenantId, memberId);
      if (member.userId !== userId) requireRank(by.role, member.role, undefined);
      if (member.role === 'owner') await this.#requireOtherOwner(executor, by.tenantId);
      await executor.execute(sql`DELETE FROM accounts."member" WHERE "id" = ${memberId}`);
      await this.#withdrawBeyond(executor, by.tenantId, member.userId, undefined);
      await executor.execute(sql`UPDATE accounts."session" SET "activeOrganizationId" = NULL
        WHERE "userId" = ${member.userId} AND "activeOrganizationId" = ${by.tenantId}`);
      const { id, email, role } = member;
      const data = { member_id: id, user_id: member.userId, email, role };
      await recordEvent(executor, { type: 'member.removed', tenantId: by.tenantId, nowMs: this.#clock.now(), data });
      return member;
    });
  }

  /**
   * Invites an address; an older open invitation of it ends.
   * @throws AppError INSUFFICIENT_ROLE, CONFLICT: a member already, or too many open invitations
   */
  async invite(
    by: Membership,
    inviter: Person,
    { email, role }: { readonly email: string; readonly role: Role },
  ): Promise<Invitation> {
    requireRank(by.role, undefined, role);
    const { tenantId } = by;
    return this.#locked(tenantId, async (executor) => {
      const { rows: already } = await executor.execute(
        sql`${members} WHERE m."organizationId" = ${tenantId} AND lower(u."email") = lower(${email})`,
      );
      if (already.length > 0)
        throw new AppError('CONFLICT', 'Whoever has this address is a member already.', { param: 'email' });
      await executor.execute(sql`UPDATE accounts."invitation" SET "status" = 'canceled'
        WHERE "organizationId" = ${tenantId} AND lower("email") = lower(${email}) AND "status" = 'pending'`);
      const { rows } = await executor.execute(sql`SELECT 1 FROM accounts."invitation"
        WHERE "organizationId" = ${tenantId} AND "status" = 'pending' AND "expiresAt" > ${this.#now()}`);
      if (rows.length >= mostOpenInvitations)
        throw new AppError(
          'CONFLICT',
          `There are ${mostOpenInvitations} open invitations already. Withdraw some first.`,
        );
      const id = newId('inv', this.#clock.now());
      const until = new Date(this.#clock.now() + goodForDays * dayMs).toISOString();
      await executor.execute(sql`INSERT INTO accounts."invitation"
        ("id", "organizationId", "email", "role", "status", "expiresAt", "createdAt", "inviterId")
        VALUES (${id}, ${tenantId}, ${email.toLowerCase()}, ${role}, 'pending', ${until}, ${this.#now()}, ${inviter.id})`);
      return this.#invitation(executor, id);
    });
  }

  /** Open ones, the newest first. */
  async openInvitations(tenantId: string): Promise<Invitation[]> {
    const { rows } = await this.#database.query((executor) =>
      executor.execute<InvitationRow>(sql`${invitations} WHERE i."organizationId" = ${tenantId} AND i."status" = 'pending'
        AND i."expiresAt" > ${this.#now()} ORDER BY i."createdAt" DESC, i."id"`),
    );
    return rows.map(invitationOf);
  }

  /** @throws AppError RESOURCE_NOT_FOUND, INSUFFICIENT_ROLE */
  withdraw(by: Membership, id: string): Promise<Invitation> {
    return this.#locked(by.tenantId, async (executor) => {
      const invitation = await this.#invitation(executor, id).catch(() => undefined);
      if (invitation?.tenantId !== by.tenantId || invitation.status !== 'pending') throw notYours('invitation');
      requireRank(by.role, undefined, invitation.role);
      await executor.execute(sql`UPDATE accounts."invitation" SET "status" = 'canceled' WHERE "id" = ${id}`);
      return { ...invitation, status: 'canceled' };
    });
  }

  /** What somebody is invited to: for whoever owns the address only. @throws AppError RESOURCE_NOT_FOUND */
  async invitationFor(person: Person, id: string): Promise<Invitation> {
    const invitation = await this.#database
      .query((executor) => this.#invitation(executor, id))
      .catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'RESOURCE_NOT_FOUND') return undefined;
        throw error;
      });
    const isTheirs = invitation?.email.toLowerCase() === person.email.toLowerCase() && person.emailVerified;
    if (invitation !== undefined && isTheirs && invitation.status !== 'canceled') return invitation;
    throw new AppError(
      'RESOURCE_NOT_FOUND',
      'There is no such invitation for your address. Sign in with the address it was mailed to, or ask for a new one.',
      { param: 'id' },
    );
  }

  /** Twice is as good as once. @throws AppError RESOURCE_NOT_FOUND, CONFLICT where it is too late */
  async accept(person: Person, id: string): Promise<Invitation> {
    const invitation = await this.invitationFor(person, id);
    return this.#locked(invitation.tenantId, async (executor) => {
      const current = await this.#invitation(executor, id);
      if (current.status === 'accepted') return current;
      if (current.status !== 'pending' || current.expiresAt.getTime() <= this.#clock.now())
        throw new AppError('CONFLICT', 'This invitation is no longer open. Ask for a new one.', { param: 'id' });
      const { tenantId, role } = current;
      const nowMs = this.#clock.now();
      const memberId = newId('mem', nowMs);
      const { rows } =
        await executor.execute(sql`INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt")
        VALUES (${memberId}, ${tenantId}, ${person.id}, ${role}, ${this.#now()})
        ON CONFLICT ("organizationId", "userId") DO NOTHING RETURNING "id"`);
      const data = { member_id: memberId, user_id: person.id, email: person.email, role };
      if (rows.length > 0) await recordEvent(executor, { type: 'member.added', tenantId, nowMs, data });
      await executor.execute(sql`UPDATE accounts."invitation" SET "status" = 'accepted' WHERE "id" = ${id}`);
      return { ...current, status: 'accepted' };
    });
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  /** Changes of one organisation's members wait for each other: two owners who remove one another must not both succeed. */
  #locked<Result>(tenantId: string, work: (executor: Executor) => Promise<Result>): Promise<Result> {
    return this.#database.transaction(async (executor) => {
      await executor.execute(sql`SELECT 1 FROM accounts."organization" WHERE "id" = ${tenantId} FOR UPDATE`);
      return work(executor);
    });
  }

  async #find(executor: Executor, tenantId: string, id: string): Promise<Member> {
    const { rows } = await executor.execute<MemberRow>(
      sql`${members} WHERE m."organizationId" = ${tenantId} AND m."id" = ${id}`,
    );
    const [row] = rows;
    if (row === undefined) throw notYours('member');
    return memberOf(row);
  }

  async #invitation(executor: Executor, id: string): Promise<Invitation> {
    const { rows } = await executor.execute<InvitationRow>(sql`${invitations} WHERE i."id" = ${id}`);
    const [row] = rows;
    if (row === undefined) throw notYours('invitation');
    return invitationOf(row);
  }

  /** Nobody comes back, or up, by an invitation that he sent while he could: what he may no longer give is withdrawn. */
  async #withdrawBeyond(executor: Executor, tenantId: string, inviterId: string, now: Role | undefined): Promise<void> {
    const kept = roles.filter((role) => now !== undefined && mayAssign(now, undefined, role));
    await executor.execute(sql`UPDATE accounts."invitation" SET "status" = 'canceled'
      WHERE "organizationId" = ${tenantId} AND "inviterId" = ${inviterId} AND "status" = 'pending'
        AND NOT ("role" = ANY (string_to_array(${kept.join(',')}, ',')))`);
  }

  async #requireOtherOwner(executor: Executor, tenantId: string): Promise<void> {
    const { rows } = await executor.execute(
      sql`SELECT 1 FROM accounts."member" WHERE "organizationId" = ${tenantId} AND "role" = 'owner' LIMIT 2`,
    );
    if (rows.length < 2)
      throw new AppError('CONFLICT', 'This is the last owner. Make somebody else an owner first.', { param: 'id' });
  }
}
