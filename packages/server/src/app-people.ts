import { oauthRoutesOf } from './app-oauth.ts';
import { authRoutes } from './self-service/auth-routes.ts';
import { meRoutes } from './self-service/me-routes.ts';
import { memberRoutes } from './self-service/member-routes.ts';
import { organizationRoutes } from './self-service/organization-routes.ts';
import { ownBatchRoutes } from './self-service/own-batch-routes.ts';
import { ownFileRoutes } from './self-service/own-file-routes.ts';
import { ownInvitationRoutes } from './self-service/own-invitation-routes.ts';
import { ownJobRoutes } from './self-service/own-job-routes.ts';
import { ownKeyRoutes } from './self-service/own-key-routes.ts';
import { ownPlanRoutes } from './self-service/own-plan-routes.ts';
import { ownProviderKeyRoutes } from './self-service/own-provider-key-routes.ts';
import { ownRequestRoutes } from './self-service/own-request-routes.ts';
import { ownUsageRoutes } from './self-service/own-usage-routes.ts';
import { alertRoutes } from './self-service/alert-routes.ts';
import { webhookRoutes } from './self-service/webhook-routes.ts';
import type { FastifyRequest } from 'fastify';
import { billingRoutes } from './self-service/billing-routes.ts';
import { closeOrganizationRoute } from './self-service/close-organization-route.ts';
import { exportRoute } from './self-service/export-route.ts';
import { findPrincipal } from './accounts/oauth/find-principal.ts';
import { createAdminCheck } from './admin/require-admin.ts';
import { changedFields } from './audit/changed-fields.ts';
import { regionsOf } from './config/regions.ts';
import { errorMessage } from './errors.ts';
import type { ApiRoute, StaffPerson } from './http/api-route.ts';
import type { HttpServerOptions } from './http/http-server.ts';
import type { AccountContext } from './self-service/account-route.ts';
import { staffOf } from './self-service/staff-check.ts';
import type { Services } from './services.ts';

function contextOf({ config, clock, logger, gateway, accounts }: Services): AccountContext {
  const { contracts, documentationUrl } = gateway;
  return { ...accounts, clock, logger, contracts, publicUrl: config.publicUrl, documentationUrl };
}

/** Jobs, files and batches of an organisation. */
function workRoutes(services: Services, context: AccountContext): ApiRoute[] {
  const { config, keys, gateway, accounts, files, batches, asyncJobs } = services;
  const common = { context, gateway, findById: findPrincipal(keys, accounts.tokenRecords) };
  return [
    ...ownJobRoutes({ context, jobs: asyncJobs }),
    ...ownFileRoutes({ ...common, files, settings: config.settings.files }),
    ...ownBatchRoutes({ ...common, batches }),
  ];
}

/** What people do for themselves once they have signed in. */
export function selfServiceRoutes(services: Services, hasConsole: () => boolean): ApiRoute[] {
  const { config, keys, database, flushUsage, gateway, accounts } = services;
  const { settings, publicUrl } = config;
  const { contracts } = gateway;
  const context = contextOf(services);
  const forget = (id: string) => {
    gateway.authenticator.forget(id);
  };
  return [
    ...authRoutes({ auth: accounts.auth, publicUrl }),
    ...oauthRoutesOf(services, context, hasConsole),
    ...meRoutes(context),
    exportRoute(context, database),
    ...ownKeyRoutes({
      context,
      keys,
      rotationOverlapSeconds: settings.keys.rotation_overlap_seconds,
      isModel: (name) => gateway.catalog.model(name) !== undefined,
      knownVersion: (name) => contracts.registry.resolve(name, undefined).name,
      onChange: forget,
      database,
      flushVersions: () => gateway.versionUsage.flush(),
    }),
    ...ownUsageRoutes({ context, database, flush: flushUsage }),
    ...ownRequestRoutes({ context, database, flush: flushUsage, keptBodies: gateway.keptBodies }),
    ...workRoutes(services, context),
    ...ownPlanRoutes({ context, keys, catalog: gateway.catalog, limits: gateway.limits }),
    ...billingRoutes({ context, billing: services.billing }),
    ...ownProviderKeyRoutes(context, services.providerKeys),
    ...webhookRoutes({ context, webhooks: services.webhooks }),
    ...alertRoutes(context, services.alertSettings),
    ...memberRoutes({ context, send: accounts.send, brandName: settings.brand.name, onChange: forget }),
    ...ownInvitationRoutes(context, forget),
    ...organizationRoutes({
      context,
      tenants: services.tenants,
      regions: regionsOf(settings),
      onChange: forget,
    }),
    closeOrganizationRoute({
      ...{ context, database, send: accounts.send, brandName: settings.brand.name, onChange: forget },
    }),
  ];
}

/** A tenant that an admin route is about, as far as its path tells. */
function tenantOf(params: unknown): { readonly tenantId: string | undefined; readonly target: string | undefined } {
  const { id } = (params ?? {}) as { readonly id?: string };
  return { tenantId: id?.startsWith('ten_') === true ? id : undefined, target: id };
}

/** Admin routes are for whoever holds the admin token, and for staff who have signed in; what they change is on record. */
export function adminAccess(services: Services): Pick<HttpServerOptions, 'requireAdmin' | 'onAdminChange'> {
  const { logger, accounts, gateway } = services;
  const context = contextOf(services);
  const requireToken = createAdminCheck(gateway.isAdminToken);
  const requireAdmin = (request: FastifyRequest): undefined | Promise<StaffPerson | undefined> => {
    const { authorization, cookie } = request.headers;
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if ((given === undefined && cookie === undefined) || (given !== undefined && gateway.isAdminToken(given)))
      return void requireToken(authorization);
    return staffOf(context, request).then((person) => {
      if (person === undefined) requireToken(authorization);
      return person;
    });
  };
  return {
    requireAdmin,
    onAdminChange: async ({ operationId, person, params, body, address }) => {
      const entry = {
        ...tenantOf(params),
        actor:
          person === undefined
            ? ({ kind: 'operator', id: 'admin-token', name: 'admin token' } as const)
            : ({ kind: 'staff', id: person.id, name: person.email } as const),
        ...{ action: operationId, details: changedFields(body), address },
      };
      await accounts.audit.write(entry).catch((error: unknown) => {
        logger.error(
          { ...entry, reason: errorMessage(error) },
          'what was done could not be written into the audit log',
        );
      });
    },
  };
}
