import { isIP } from 'node:net';
import { join } from 'node:path';
import type { ConsoleConfig } from '@turnpike/contract/console';
import { createConsoleFiles } from './console/console-files.ts';
import { consoleRoutes } from './console/console-routes.ts';
import { regionsOf } from './config/regions.ts';
import type { PlanConfig } from './config/schema.ts';
import type { ApiRoute } from './http/api-route.ts';
import type { Pages } from './hub/pages/pages.ts';
import { projectFolder } from './project-folders.ts';
import type { Services } from './services.ts';

/** What `npm run build` in packages/web makes. */
const builtConsole = join(projectFolder, 'packages/web/dist');

function planOf([id, plan]: [string, PlanConfig]): ConsoleConfig['plans'][number] {
  return {
    id,
    title: plan.title ?? id,
    requests_per_minute: plan.requests_per_minute ?? null,
    tokens_per_minute: plan.tokens_per_minute ?? null,
    tokens_per_day: plan.tokens_per_day ?? null,
    tokens_per_month: plan.tokens_per_month ?? null,
    models: plan.models ?? null,
    features: plan.features ?? null,
    trial_days: plan.trial_days ?? null,
  };
}

/** Passkeys belong to a name: browsers make none for an address in numbers. */
function hasName(publicUrl: string): boolean {
  return isIP(new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')) === 0;
}

function linksOf({ gateway, config }: Services, pages: Pages): ConsoleConfig['links'] {
  const paths = new Set(pages.routes.map(({ path }) => path));
  const ifThere = (path: string) => (paths.has(path) ? `${config.publicUrl}${path}` : null);
  return {
    documentation: `${config.publicUrl}/developers`,
    quickstart: `${config.publicUrl}/developers/quickstart`,
    errors: gateway.documentationUrl.replace(/\.md$/, ''),
    status: `${config.publicUrl}/developers/status`,
    terms: ifThere('/terms'),
    privacy: ifThere('/privacy'),
    imprint: ifThere('/impressum'),
  };
}

function configOf(services: Services, pages: Pages): ConsoleConfig {
  const { config, gateway, catalogues, clock } = services;
  const { settings, publicUrl, stripeApiKey } = config;
  const { registry } = gateway.contracts;
  return {
    brand: { name: settings.brand.name, description: settings.brand.description },
    public_url: publicUrl,
    default_language: catalogues.site.languages?.[0] === 'de' ? 'de' : 'en',
    sign_in_methods: hasName(publicUrl) ? ['password', 'passkey'] : ['password'],
    billing: stripeApiKey === undefined ? 'none' : 'stripe',
    links: linksOf(services, pages),
    regions: regionsOf(settings),
    default_plan: settings.default_plan,
    plans: Object.entries(settings.plans).map(planOf),
    models: gateway.catalog.models.map(({ name, config: model }) => ({
      id: name,
      description: model.description ?? null,
      capabilities: [...model.capabilities],
      context_tokens: model.context_tokens,
      max_output_tokens: model.max_output_tokens,
    })),
    api_versions: registry.versions.map((version) => ({
      name: version.name,
      phase: registry.phase(version, clock.now()),
    })),
  };
}

/** The console under /console. */
export function consoleOf(services: Services, pages: Pages): ApiRoute[] {
  return consoleRoutes({ files: createConsoleFiles(builtConsole), config: () => configOf(services, pages) });
}
