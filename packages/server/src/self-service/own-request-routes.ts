import { keptBodies as keptBodiesSchema } from '@turnpike/contract/account-console';
import { z } from 'zod';
import { presentUsageEvent } from '../admin/usage-event-routes.ts';
import { AppError } from '../errors.ts';
import type { ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import type { KeptBodies } from '../usage/kept-bodies.ts';
import { listUsageEvents } from '../usage/list-usage-events.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { ownEvent } from './own-usage-routes.ts';

export interface OwnRequestOptions {
  readonly context: AccountContext;
  readonly database: Database;
  readonly keptBodies: KeptBodies;
  readonly flush: () => Promise<void>;
}

const params = z.object({ id: z.string().max(128) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** One request of the log, with what was asked and answered where the organisation keeps that. */
export function ownRequestRoutes({ context, database, keptBodies, flush }: OwnRequestOptions): ApiRoute[] {
  return [
    accountRoute({
      ...{ context, params },
      action: 'usage:read',
      method: 'GET',
      path: '/account/v1/usage/events/{id}',
      operationId: 'getOwnUsageEvent',
      summary: 'One request of the log',
      responses: { 200: { description: 'The request', schema: ownEvent } },
      handle: async ({ membership: { tenantId }, params: { id } }) => {
        await flush();
        const always = { from: new Date(0), to: new Date(context.clock.now() + 3_600_000) };
        const page = await listUsageEvents({ database }, { tenantId, id, ...always, limit: 1 });
        const [event] = page.data;
        if (event === undefined)
          throw new AppError('RESOURCE_NOT_FOUND', 'Your organisation’s log has no such request, or no longer.', {
            param: 'id',
          });
        return { status: 200, body: ownEvent.parse(presentUsageEvent(event)) };
      },
    }),
    accountRoute({
      ...{ context, params },
      action: 'content:read',
      method: 'GET',
      path: '/account/v1/usage/events/{id}/bodies',
      operationId: 'getOwnRequestBodies',
      summary: 'What was asked and answered, where the organisation keeps that',
      responses: { 200: { description: 'Both, or null', schema: keptBodiesSchema } },
      handle: async ({ membership: { tenantId }, params: { id } }) => {
        await keptBodies.flush();
        const kept = await keptBodies.find(tenantId, id);
        if (kept === undefined) return { status: 200, body: { request: null, answer: null, expires_at: null } };
        const { request, answer, expiresAt } = kept;
        return { status: 200, body: { request: parsed(request), answer, expires_at: expiresAt.toISOString() } };
      },
    }),
  ];
}
