import type { FastifyInstance } from 'fastify';
import { scope } from '@turnpike/contract/admin';
import type { DiscoveryOptions } from './hub/discovery/discovery-options.ts';
import type { FetchOwn } from './hub/discovery/readiness.ts';
import { surfacesOf } from './hub/discovery/surfaces.ts';
import type { Pages } from './hub/pages/pages.ts';
import type { Services } from './services.ts';

/** What the documents for agents are made of. */
export function discoveryOf(services: Services, pages: Pages): DiscoveryOptions {
  const { config, catalogues, tools, skills, gateway, clock, version } = services;
  const { settings, publicUrl } = config;
  return {
    ...{ publicUrl, catalogues, skills, version },
    brand: settings.brand,
    surfaces: surfacesOf(settings.brand.name),
    tools: tools.tools,
    models: settings.models,
    plans: settings.plans,
    pages: () => pages.listPages(),
    contentSignals: settings.hub.content_signals,
    scopes: scope.options,
    latestVersion: gateway.contracts.registry.latest.name,
    now: () => clock.now(),
  };
}

/** Asks this very server, without a network. */
export function fetchOwnOf(app: () => FastifyInstance, publicUrl: string): FetchOwn {
  const { host } = new URL(publicUrl);
  return async ({ method = 'GET', path, headers, body }) => {
    const answer = await app().inject({
      ...{ method, url: path },
      headers: { host, ...headers },
      // Counted by itself: not against an address that somebody has.
      remoteAddress: '0.0.0.0',
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const read = Object.entries(answer.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value === undefined ? undefined : String(value),
    ]);
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(read) as Record<string, string | undefined>,
      body: answer.body,
    };
  };
}
