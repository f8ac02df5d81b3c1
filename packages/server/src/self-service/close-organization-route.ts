import { closedOrganization, closeOrganizationRequest } from '@turnpike/contract/account-members';
import { accountMail } from '../accounts/account-mails.ts';
import { closeOwnOrganization } from '../accounts/close-organization.ts';
import { errorMessage } from '../errors.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { Mail } from '../mail/mailer.ts';
import type { Database } from '../postgres/database.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

export interface CloseOrganizationRouteOptions {
  readonly context: AccountContext;
  readonly database: Database;
  readonly send: (mail: Mail) => Promise<void>;
  readonly brandName: string;
  readonly onChange: (tenantId: string) => void;
}

/** POST /account/v1/organization/close: ends an organisation for good. All who were in it are written to. */
export function closeOrganizationRoute(options: CloseOrganizationRouteOptions): ApiRoute {
  const { context, database, send, brandName, onChange } = options;
  return accountRoute({
    context,
    action: 'organization:delete',
    method: 'POST',
    path: '/account/v1/organization/close',
    operationId: 'closeOrganization',
    summary: 'Close the organisation for good: keys end, members leave, content is erased, bills stay',
    body: closeOrganizationRequest,
    responses: { 200: { description: 'It is closed', schema: closedOrganization } },
    errors: { 409: 'Its subscription goes on, or it is the only organisation of the person' },
    handle: async ({ person, membership, acceptLanguage, body: { name } }) => {
      const { tenantId, tenantName } = membership;
      const nowMs = context.clock.now();
      const addresses = await closeOwnOrganization(database, { person, membership, typedName: name, nowMs });
      onChange(tenantId);
      const language = /^\s*de\b/i.test(acceptLanguage ?? '') ? 'de' : 'en';
      const mail = { kind: 'closed', url: context.publicUrl, language, brandName, organization: tenantName } as const;
      for (const [index, to] of addresses.entries())
        send(accountMail({ ...mail, to, inviter: person.name }, `closed-${tenantId}-${String(index)}`)).catch(
          (error: unknown) => {
            context.logger.error(
              { reason: errorMessage(error) },
              'a member could not be told of a closed organisation',
            );
          },
        );
      return { status: 200, body: { id: tenantId, closed_at: new Date(nowMs).toISOString() } };
    },
  });
}
