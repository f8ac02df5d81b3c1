import { documentUrl } from './hub/document-url.ts';
import { mcpSources } from './hub/mcp-sources.ts';
import { createMcp } from './mcp/mcp-routes.ts';
import type { McpCaller } from './mcp/mcp-options.ts';
import { publicPrincipal } from './gateway/surfaces/public-caller.ts';
import { reserveRequest } from './gateway/reserve.ts';
import { headerRecord } from './http/failure.ts';
import { rateLimitHeaders } from './limits/rate-limit-headers.ts';
import { type Pages } from './hub/pages/pages.ts';
import type { Services } from './services.ts';

/** The Model Context Protocol over the same tools, pages and catalogues. */
export function mcpOf(services: Services, pages: Pages, openApi: () => object) {
  const { config, clock, logger, gateway, catalogues, answers, tools, asyncJobs, version } = services;
  const { settings, publicUrl } = config;
  const perHour = settings.hub.mcp_requests_per_hour;
  const urlOf = (source: string) => documentUrl(publicUrl, source);
  const ownerOf = ({ principal, address }: McpCaller) =>
    (principal ?? publicPrincipal(address, 'mcp', perHour)).tenantId;
  return createMcp({
    ...mcpSources({ publicUrl, listPages: () => pages.listPages(), catalogues, answers, urlOf, openApi }),
    ...{ clock, logger, version, tools, publicUrl },
    brand: settings.brand,
    plans: Object.keys(settings.plans),
    allowedOrigins: settings.hub.allowed_origins,
    skills: services.skills,
    authenticate: async (secret, path) => gateway.authenticator.authenticate(secret, path),
    admit: async ({ principal, address }) => {
      const states = await reserveRequest(gateway, principal ?? publicPrincipal(address, 'mcp', perHour));
      return headerRecord(rateLimitHeaders(states, clock.now(), { openai: false }));
    },
    jobs: {
      submit: (caller, order) =>
        asyncJobs.submit({ ...order, ownerId: ownerOf(caller), keyId: caller.principal?.keyId ?? null }),
      get: (caller, id) => asyncJobs.get(ownerOf(caller), id),
      cancel: (caller, id) => asyncJobs.cancel(ownerOf(caller), id),
    },
  });
}
