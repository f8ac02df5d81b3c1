import type { JsonObject } from '../../providers/provider.ts';
import type { DiscoveryOptions } from './discovery-options.ts';
import { reversedHost } from './mcp-documents.ts';

/** Where a surface's own description is. */
function descriptionUrl(publicUrl: string, protocol: string, path: string): string {
  return protocol === 'mcp'
    ? `${publicUrl}${path}/server-card`
    : `${publicUrl}${path === '/v1' ? '/openapi.json' : path}`;
}

/** The domain in identifiers: `urn:air:<domain>:<namespace>:<name>`. */
function identifier(publicUrl: string, space: string, name: string): string {
  const domain = reversedHost(publicUrl).split('.').reverse().join('.');
  return `urn:air:${domain}:${space}:${name}`;
}

/** The catalogue of agent resources (AI Catalog / ARD 1.0): served at two addresses. */
export function aiCatalog({ brand, publicUrl, surfaces, skills, catalogues }: DiscoveryOptions): JsonObject {
  return {
    specVersion: '1.0',
    host: {
      displayName: brand.name,
      identifier: new URL(publicUrl).hostname,
      documentationUrl: `${publicUrl}/developers`,
      ...(catalogues.company?.website === undefined ? {} : { url: catalogues.company.website }),
    },
    entries: [
      ...surfaces.map(({ id, title, description, protocol, path, mediaType, queries }) => ({
        identifier: identifier(publicUrl, 'surface', id),
        displayName: title,
        description,
        type: mediaType,
        url: descriptionUrl(publicUrl, protocol, path),
        representativeQueries: [...queries],
      })),
      ...skills.map(({ name, description }) => ({
        identifier: identifier(publicUrl, 'skill', name),
        displayName: name,
        description,
        type: 'text/markdown',
        url: `${publicUrl}/.well-known/agent-skills/${name}/SKILL.md`,
        representativeQueries: [description],
      })),
    ],
  };
}

/** The catalogue of APIs (RFC 9727), as a set of links (RFC 9264). */
export function apiCatalog({ publicUrl, surfaces }: DiscoveryOptions): JsonObject {
  const openApi = [{ href: `${publicUrl}/openapi.json`, type: 'application/vnd.oai.openapi+json' }];
  const status = [{ href: `${publicUrl}/.well-known/health`, type: 'application/health+json' }];
  return {
    linkset: surfaces
      .filter(({ id }) => id !== 'openapi' && id !== 'health')
      .map(({ path, protocol, documentation }) => ({
        anchor: `${publicUrl}${path}`,
        'service-desc':
          protocol === 'mcp'
            ? [{ href: `${publicUrl}${path}/server-card`, type: 'application/mcp-server-card+json' }]
            : openApi,
        'service-doc': [
          { href: `${publicUrl}${documentation}`, type: 'text/html' },
          { href: `${publicUrl}${documentation}.md`, type: 'text/markdown' },
        ],
        status,
      })),
  };
}

/** The index of Agent Skills (discovery 0.2.0). */
export function skillIndex({ publicUrl, skills }: DiscoveryOptions): JsonObject {
  return {
    $schema: 'https://schemas.agentskills.io/discovery/0.2.0/schema.json',
    skills: skills.map(({ name, description, digest }) => ({
      name,
      type: 'skill-md',
      description,
      url: `${publicUrl}/.well-known/agent-skills/${name}/SKILL.md`,
      digest,
    })),
  };
}

/** What guards this resource (RFC 9728). @param path of the resource; empty: the whole server */
export function protectedResource({ brand, publicUrl, scopes }: DiscoveryOptions, path: string): JsonObject {
  return {
    resource: `${publicUrl}${path}`,
    resource_name: brand.name,
    authorization_servers: [`${publicUrl}/auth`],
    bearer_methods_supported: ['header'],
    scopes_supported: [...scopes],
    resource_documentation: `${publicUrl}/auth.md`,
  };
}
