import { z } from 'zod';
import { invitation } from '@turnpike/contract/account-members';
import { rawRoute, type ApiRoute } from '../http/api-route.ts';
import { validate } from '../http/validate.ts';
import type { Invitation } from '../accounts/member-store.ts';
import { answerPerson, type AccountContext } from './account-route.ts';
import { presentInvitation } from './member-routes.ts';

const params = z.object({ id: z.string().max(128) });

/** What somebody may do who belongs to no organisation yet: see the invitation that was mailed to him, and accept it. */
export function ownInvitationRoutes(context: AccountContext, onChange: (tenantId: string) => void): ApiRoute[] {
  const { members, audit } = context;
  const common = { params, tag: 'account', security: 'session' } as const;
  const responses = { 200: { description: 'The invitation', schema: invitation } };
  const show = (row: Invitation) => ({ status: 200, body: presentInvitation(row) });
  return [
    rawRoute({
      ...common,
      method: 'GET',
      path: '/account/v1/invitations/{id}',
      operationId: 'getInvitation',
      summary: 'What you are invited to',
      responses,
      handle: (request, reply) =>
        answerPerson(context, request, reply, async (person) =>
          show(await members.invitationFor(person, validate(params, request.params, 'path').id)),
        ),
    }),
    rawRoute({
      ...common,
      method: 'POST',
      path: '/account/v1/invitations/{id}/accept',
      operationId: 'acceptInvitation',
      summary: 'Join the organisation that you are invited to',
      bodyOptional: true,
      responses,
      handle: (request, reply) =>
        answerPerson(context, request, reply, async (person) => {
          const accepted = await members.accept(person, validate(params, request.params, 'path').id);
          onChange(accepted.tenantId);
          await audit.write({
            tenantId: accepted.tenantId,
            actor: { kind: 'member', id: person.id, name: person.email },
            action: 'acceptInvitation',
            target: accepted.id,
            details: { role: accepted.role },
            address: request.clientAddress,
          });
          return show(accepted);
        }),
    }),
  ];
}
