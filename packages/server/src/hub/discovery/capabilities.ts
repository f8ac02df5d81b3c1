import type { JsonObject } from '../../providers/provider.ts';
import { toolDialects } from '../../tools/dialects.ts';
import type { DiscoveryOptions } from './discovery-options.ts';

function discoveryAddresses(publicUrl: string): JsonObject {
  return {
    openapi: `${publicUrl}/openapi.json`,
    llms: `${publicUrl}/llms.txt`,
    llms_full: `${publicUrl}/llms-full.txt`,
    api_catalog: `${publicUrl}/.well-known/api-catalog`,
    ai_catalog: `${publicUrl}/.well-known/ai-catalog.json`,
    agent_skills: `${publicUrl}/.well-known/agent-skills/index.json`,
    mcp: `${publicUrl}/.well-known/mcp.json`,
    health: `${publicUrl}/.well-known/health`,
    auth: `${publicUrl}/auth.md`,
    sitemap: `${publicUrl}/sitemap.xml`,
  };
}

/** Everything that can be done here, in one answer (S1). */
export function capabilitiesOf(options: DiscoveryOptions): JsonObject {
  const { brand, publicUrl, surfaces, tools, models, plans, skills, latestVersion, version } = options;
  return {
    name: brand.name,
    description: brand.description,
    version,
    api_version: latestVersion,
    base_url: `${publicUrl}/v1`,
    surfaces: surfaces.map(({ id, title, description, protocol, path, methods, auth, documentation }) => ({
      ...{ id, title, description, protocol, auth },
      url: `${publicUrl}${path}`,
      methods: [...methods],
      documentation: `${publicUrl}${documentation}`,
    })),
    models: Object.entries(models).map(([id, config]) => ({ id, capabilities: [...config.capabilities] })),
    plans: Object.keys(plans),
    tools: {
      url: `${publicUrl}/api/tools.php`,
      call_url: `${publicUrl}/api/tools/call`,
      dialects: [...toolDialects],
      names: tools.map(({ name }) => name),
    },
    jobs: { url: `${publicUrl}/api/jobs.php`, types: ['ask', 'faq_lookup', 'kb_refresh'] },
    nlweb: {
      url: `${publicUrl}/ask`,
      version: '0.55',
      streaming: true,
      events: ['start', 'token', 'result', 'complete'],
    },
    mcp: {
      url: `${publicUrl}/mcp`,
      docs_url: `${publicUrl}/mcp/docs`,
      card: `${publicUrl}/mcp/server-card`,
      protocol_versions: ['2026-07-28', '2025-11-25', '2025-06-18'],
    },
    skills: skills.map(({ name }) => name),
    idempotency: { header: 'Idempotency-Key', seconds: 86_400 },
    versioning: { header: 'API-Version', scheme: 'YYYY-MM-DD', notice_months: 12 },
    errors: { envelope: 'error', documentation: `${publicUrl}/developers/errors` },
    discovery: discoveryAddresses(publicUrl),
  };
}
