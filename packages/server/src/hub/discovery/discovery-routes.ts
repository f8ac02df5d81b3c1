import { z } from 'zod';
import { jsonRoute, type ApiRoute } from '../../http/api-route.ts';
import { resourcePaths } from '../../accounts/oauth/oauth-resources.ts';
import { AppError } from '../../errors.ts';
import { aiCatalog, apiCatalog, protectedResource, skillIndex } from './catalogs.ts';
import { authMarkdown } from './auth-md.ts';
import { capabilitiesOf } from './capabilities.ts';
import { robotsTxt, schemaFeed, schemaMap, securityTxt, sitemapMarkdown, sitemapXml } from './crawler-files.ts';
import type { DiscoveryOptions } from './discovery-options.ts';
import { llmsFull, llmsTxt, partialLlms } from './llms-txt.ts';
import { mcpDiscovery, serverCard } from './mcp-documents.ts';

const cacheSeconds = 300;
const markdown = 'text/markdown; charset=utf-8';
const plain = 'text/plain; charset=utf-8';
const xml = 'application/xml; charset=utf-8';
const card = 'application/mcp-server-card+json';

type Make = (options: DiscoveryOptions) => unknown;

interface Document {
  readonly path: string;
  readonly contentType: string;
  readonly make: Make;
  readonly headers?: Readonly<Record<string, string>>;
}

/** RFC 9727 §3: the catalogue names itself in a link. */
const apiCatalogType = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"';

function documents(publicUrl: string): readonly Document[] {
  const own = { link: `<${publicUrl}/.well-known/api-catalog>; rel="api-catalog"` };
  return [
    { path: '/robots.txt', contentType: plain, make: robotsTxt },
    { path: '/sitemap.xml', contentType: xml, make: sitemapXml },
    { path: '/sitemap.md', contentType: markdown, make: sitemapMarkdown },
    { path: '/schemamap.xml', contentType: xml, make: schemaMap },
    { path: '/schema-feed.jsonl', contentType: 'application/jsonl; charset=utf-8', make: schemaFeed },
    { path: '/llms.txt', contentType: plain, make: llmsTxt },
    { path: '/llms-full.txt', contentType: plain, make: llmsFull },
    { path: '/developers/llms.txt', contentType: plain, make: (options) => partialLlms(options, 'developers') },
    { path: '/api/llms.txt', contentType: plain, make: (options) => partialLlms(options, 'api') },
    { path: '/auth.md', contentType: markdown, make: authMarkdown },
    { path: '/.well-known/security.txt', contentType: plain, make: securityTxt },
    { path: '/.well-known/api-catalog', contentType: apiCatalogType, make: apiCatalog, headers: own },
    { path: '/.well-known/ai-catalog.json', contentType: 'application/json', make: aiCatalog },
    { path: '/.well-known/ard.json', contentType: 'application/json', make: aiCatalog },
    { path: '/.well-known/agent-skills/index.json', contentType: 'application/json', make: skillIndex },
    { path: '/.well-known/mcp/manifest.json', contentType: 'application/json', make: mcpDiscovery },
    { path: '/.well-known/mcp/server-card.json', contentType: card, make: (options) => serverCard(options, 'main') },
    { path: '/mcp/server-card', contentType: card, make: (options) => serverCard(options, 'main') },
    { path: '/mcp/docs/server-card', contentType: card, make: (options) => serverCard(options, 'docs') },
    ...resourcePaths.map((resource) => ({
      path: `/.well-known/oauth-protected-resource${resource}`,
      contentType: 'application/json',
      make: (options: DiscoveryOptions) => protectedResource(options, resource),
    })),
  ];
}

/** Everybody may read these from anywhere: they say how to reach this server. */
const openToAll = { 'access-control-allow-origin': '*' };

function documentRoute(options: DiscoveryOptions, { path, contentType, make, headers }: Document): ApiRoute {
  return jsonRoute({
    method: 'GET',
    path,
    operationId: `discovery${path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
    summary: 'A document for agents and crawlers',
    tag: 'discovery',
    security: 'none',
    hidden: true,
    unversioned: true,
    cacheSeconds,
    responses: {},
    handle: async () => {
      const made = await make(options);
      const body = typeof made === 'string' ? made : JSON.stringify(made);
      return { status: 200, body, headers: { 'content-type': contentType, ...openToAll, ...headers } };
    },
  });
}

function skillRoute({ skills }: DiscoveryOptions): ApiRoute {
  return jsonRoute({
    method: 'GET',
    path: '/.well-known/agent-skills/{name}/SKILL.md',
    operationId: 'getAgentSkill',
    summary: 'A skill',
    tag: 'discovery',
    security: 'none',
    hidden: true,
    unversioned: true,
    cacheSeconds,
    params: z.object({ name: z.string() }),
    responses: {},
    handle: ({ params: { name } }) => {
      const skill = skills.find((each) => each.name === name);
      if (skill === undefined) throw new AppError('RESOURCE_NOT_FOUND', 'There is no such skill.', { param: 'name' });
      return { status: 200, body: skill.content, headers: { 'content-type': markdown, ...openToAll } };
    },
  });
}

/** Everything that agents and crawlers look for at fixed addresses, from one declaration of surfaces. */
export function discoveryRoutes(options: DiscoveryOptions): ApiRoute[] {
  const common = { method: 'GET', tag: 'discovery', security: 'none', cacheSeconds } as const;
  return [
    ...documents(options.publicUrl).map((document) => documentRoute(options, document)),
    skillRoute(options),
    jsonRoute({
      ...common,
      path: '/.well-known/mcp.json',
      operationId: 'getMcpDiscovery',
      summary: 'Where the MCP servers are',
      responses: { 200: { description: 'The servers', schema: z.looseObject({ name: z.string() }) } },
      handle: () => ({ status: 200, body: mcpDiscovery(options) }),
    }),
    jsonRoute({
      ...common,
      path: '/api/capabilities.php',
      operationId: 'getCapabilities',
      summary: 'Everything that can be done here, in one answer',
      responses: { 200: { description: 'The capabilities', schema: z.looseObject({ name: z.string() }) } },
      handle: () => ({ status: 200, body: capabilitiesOf(options) }),
    }),
  ];
}
