import {
  auditEvent,
  changeMemberRequest,
  invitation as invitationSchema,
  inviteRequest,
  member as memberSchema,
} from '@turnpike/contract/account-members';
import { pageOf, pageQuery } from '@turnpike/contract/pagination';
import { z } from 'zod';
import { accountMail } from '../accounts/account-mails.ts';
import type { Invitation, Member } from '../accounts/member-store.ts';
import { toPage } from '../admin/page.ts';
import { presentAuditEvent } from '../admin/audit-routes.ts';
import { AppError, errorMessage } from '../errors.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { Mail } from '../mail/mailer.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

export interface MemberRoutesOptions {
  readonly context: AccountContext;
  readonly send: (mail: Mail) => Promise<void>;
  readonly brandName: string;
  /** Tokens of who is no longer a member stop. */
  readonly onChange: (tenantId: string) => void;
}

const params = z.object({ id: z.string().max(128) });

function presentMember(member: Member, userId: string): z.output<typeof memberSchema> {
  const { id, name, email, role, joinedAt } = member;
  return {
    id,
    user_id: member.userId,
    name,
    email,
    role,
    joined_at: joinedAt.toISOString(),
    is_you: member.userId === userId,
  };
}

export function presentInvitation(row: Invitation): z.output<typeof invitationSchema> {
  return {
    id: row.id,
    organization: row.tenantId,
    organization_name: row.tenantName,
    email: row.email,
    role: row.role,
    status: row.status,
    invited_by: row.inviterName,
    expires_at: row.expiresAt.toISOString(),
    created_at: row.createdAt.toISOString(),
  };
}

/** A page of one: everything there is. */
function whole<Row>(data: readonly Row[]) {
  return { data: [...data], pagination: { cursor: null, has_more: false, limit: 200 } };
}

function memberRoutesOf({ context, onChange }: MemberRoutesOptions): ApiRoute[] {
  const { members } = context;
  return [
    accountRoute({
      context,
      action: 'members:read',
      method: 'GET',
      path: '/account/v1/members',
      operationId: 'listMembers',
      summary: 'Who belongs to the organisation',
      responses: { 200: { description: 'All members', schema: pageOf(memberSchema) } },
      handle: async ({ person, membership: { tenantId } }) => {
        const rows = await members.list(tenantId);
        return { status: 200, body: whole(rows.map((row) => presentMember(row, person.id))) };
      },
    }),
    accountRoute({
      ...{ context, params },
      action: 'members:write',
      method: 'PATCH',
      path: '/account/v1/members/{id}',
      operationId: 'changeMember',
      summary: 'Give a member another role',
      body: changeMemberRequest,
      responses: { 200: { description: 'The member', schema: memberSchema } },
      handle: async ({ person, membership, params: { id }, body }) => {
        const changed = await members.changeRole(membership, id, body.role);
        onChange(membership.tenantId);
        return { status: 200, body: presentMember(changed, person.id) };
      },
    }),
    accountRoute({
      ...{ context, params },
      method: 'DELETE',
      path: '/account/v1/members/{id}',
      operationId: 'removeMember',
      summary: 'Remove a member, or leave the organisation',
      responses: { 200: { description: 'Who was removed', schema: memberSchema } },
      handle: async ({ person, membership, params: { id } }) => {
        const removed = await members.remove(membership, person.id, id);
        onChange(membership.tenantId);
        return { status: 200, body: presentMember(removed, person.id) };
      },
    }),
  ];
}

/** Sent behind the answer: a mail server that is down must not undo the invitation; it can be sent again. */
function mailInvitation(options: MemberRoutesOptions, row: Invitation, acceptLanguage: string | undefined): void {
  const { context, send, brandName } = options;
  const language = /^\s*de\b/i.test(acceptLanguage ?? '') ? 'de' : 'en';
  const url = `${context.publicUrl}/console/invitation/${row.id}`;
  const mail = { kind: 'invitation', to: row.email, url, language, brandName } as const;
  send(accountMail({ ...mail, organization: row.tenantName, inviter: row.inviterName }, `invitation-${row.id}`)).catch(
    (error: unknown) => {
      context.logger.error({ reason: errorMessage(error) }, 'an invitation could not be sent');
    },
  );
}

function invitationRoutes(options: MemberRoutesOptions): ApiRoute[] {
  const { context } = options;
  const { members } = context;
  const path = '/account/v1/invitations';
  return [
    accountRoute({
      ...{ context, path },
      action: 'members:read',
      method: 'GET',
      operationId: 'listInvitations',
      summary: 'Open invitations, the newest first',
      responses: { 200: { description: 'All open invitations', schema: pageOf(invitationSchema) } },
      handle: async ({ membership: { tenantId } }) => ({
        status: 200,
        body: whole((await members.openInvitations(tenantId)).map(presentInvitation)),
      }),
    }),
    accountRoute({
      ...{ context, path },
      action: 'members:write',
      method: 'POST',
      operationId: 'invite',
      summary: 'Invite somebody by mail; the link is good for seven days',
      body: inviteRequest,
      responses: { 201: { description: 'The invitation', schema: invitationSchema } },
      handle: async ({ person, membership, body, acceptLanguage }) => {
        if (!person.emailVerified)
          throw new AppError('INSUFFICIENT_ROLE', 'Confirm your own address before you invite others.');
        const row = await members.invite(membership, person, body);
        mailInvitation(options, row, acceptLanguage);
        return { status: 201, body: presentInvitation(row) };
      },
    }),
    accountRoute({
      ...{ context, params },
      action: 'members:write',
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: 'withdrawInvitation',
      summary: 'Withdraw an invitation',
      responses: { 200: { description: 'The invitation', schema: invitationSchema } },
      handle: async ({ membership, params: { id } }) => ({
        status: 200,
        body: presentInvitation(await members.withdraw(membership, id)),
      }),
    }),
  ];
}

/** Members of the organisation, its invitations, and what they did. */
export function memberRoutes(options: MemberRoutesOptions): ApiRoute[] {
  const { context } = options;
  return [
    ...memberRoutesOf(options),
    ...invitationRoutes(options),
    accountRoute({
      context,
      action: 'audit:read',
      method: 'GET',
      path: '/account/v1/audit',
      operationId: 'listAuditEvents',
      summary: 'Who did what, the newest first',
      query: z.strictObject({ action: z.string().max(80).optional(), ...pageQuery }),
      responses: { 200: { description: 'A page of events', schema: pageOf(auditEvent) } },
      handle: async ({ membership: { tenantId }, query }) => {
        const rows = await context.audit.list({ tenantId, ...query });
        return { status: 200, body: toPage(rows, query.limit, (row) => row.id, presentAuditEvent) };
      },
    }),
  ];
}
