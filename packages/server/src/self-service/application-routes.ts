import { application } from '@turnpike/contract/oauth';
import { pageOf, pageQuery } from '@turnpike/contract/pagination';
import { z } from 'zod';
import type { Application, Applications } from '../accounts/oauth/applications.ts';
import { toPage } from '../admin/page.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { presentClient } from './authorization-routes.ts';

export interface ApplicationRoutesOptions {
  readonly context: AccountContext;
  readonly applications: Applications;
  /** Told of what no longer holds. */
  readonly onChange: (id: string) => void;
}

function present({ id, client, tenantId, tenantName, scopes, grantedAt, lastTokenAt }: Application) {
  return {
    id,
    client: presentClient(client),
    organization: { id: tenantId, name: tenantName },
    scopes,
    granted_at: grantedAt.toISOString(),
    last_token_at: lastTokenAt?.toISOString() ?? null,
  };
}

/** The applications that a person has let in, in all his organisations, and the way to put them out. */
export function applicationRoutes({ context, applications, onChange }: ApplicationRoutesOptions): ApiRoute[] {
  return [
    accountRoute({
      context,
      method: 'GET',
      path: '/account/v1/applications',
      operationId: 'listApplications',
      summary: 'The applications that act for the person, newest first',
      query: z.strictObject(pageQuery),
      responses: { 200: { description: 'A page of applications', schema: pageOf(application) } },
      handle: async ({ person, query: { after, limit } }) => {
        const rows = await applications.list(person.id, { after, limit });
        return { status: 200, body: toPage(rows, limit, ({ id }) => id, present) };
      },
    }),
    accountRoute({
      context,
      method: 'DELETE',
      path: '/account/v1/applications/{id}',
      operationId: 'revokeApplication',
      summary: 'Withdraw an application’s access: its tokens end everywhere within a second',
      params: z.object({ id: z.string().max(128) }),
      responses: { 204: { description: 'It has no access any more' } },
      handle: async ({ person, params: { id } }) => {
        for (const gone of await applications.revoke(person.id, id)) onChange(gone);
        return { status: 204, body: undefined };
      },
    }),
  ];
}
