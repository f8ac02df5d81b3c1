import { alertSettings, updateAlertSettingsRequest } from '@turnpike/contract/account-alerts';
import type { z } from 'zod';
import type { AlertSettings, AlertSettingsStore } from '../alerts/alert-settings.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { accountRoute, type AccountContext } from './account-route.ts';

function present({ thresholds, mail, webhook }: AlertSettings): z.output<typeof alertSettings> {
  return { thresholds: [...thresholds], mail, webhook };
}

/** What the organisation wants to be told of its limits, and how. */
export function alertRoutes(context: AccountContext, settings: AlertSettingsStore): ApiRoute[] {
  const common = { context, path: '/account/v1/alerts' } as const;
  const responses = { 200: { description: 'The settings', schema: alertSettings } };
  return [
    accountRoute({
      ...{ ...common, responses },
      action: 'settings:read',
      method: 'GET',
      operationId: 'getAlertSettings',
      summary: 'When and how the organisation is told that a limit is used up',
      handle: async ({ membership: { tenantId } }) => ({ status: 200, body: present(await settings.get(tenantId)) }),
    }),
    accountRoute({
      ...{ ...common, responses },
      action: 'settings:write',
      method: 'PATCH',
      operationId: 'updateAlertSettings',
      summary: 'Change when and how the organisation is told that a limit is used up',
      body: updateAlertSettingsRequest,
      handle: async ({ membership: { tenantId }, body }) => ({
        status: 200,
        body: present(await settings.update(tenantId, body)),
      }),
    }),
  ];
}
