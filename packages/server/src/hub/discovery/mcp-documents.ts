import { hash } from 'node:crypto';
import type { JsonObject } from '../../providers/provider.ts';
import type { DiscoveryOptions } from './discovery-options.ts';

const cardSchema = 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json';
const versions = ['2026-07-28', '2025-11-25', '2025-06-18'];

/** `https://api.example.com` becomes `com.example.api`: names of servers are reversed domains. */
export function reversedHost(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return isAddress ? `local.${hash('sha256', hostname, 'hex').slice(0, 8)}` : hostname.split('.').reverse().join('.');
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97).trimEnd()}…`;
}

/** A Server Card (MCP, SEP-2127): what a server is and how it is reached. It lists no tools. */
export function serverCard(options: DiscoveryOptions, which: 'main' | 'docs'): JsonObject {
  const { brand, publicUrl, version } = options;
  const isMain = which === 'main';
  return {
    $schema: cardSchema,
    name: `${reversedHost(publicUrl)}/${isMain ? 'mcp' : 'docs'}`,
    version,
    title: isMain ? brand.name : `${brand.name} documentation`,
    description: shortened(isMain ? brand.description : `Searches and reads the documentation of ${brand.name}`),
    websiteUrl: publicUrl,
    remotes: [
      {
        type: 'streamable-http',
        url: `${publicUrl}${isMain ? '/mcp' : '/mcp/docs'}`,
        supportedProtocolVersions: versions,
      },
    ],
  };
}

/** Where S1's clients look for the server; no form of it was ever agreed on. */
export function mcpDiscovery(options: DiscoveryOptions): JsonObject {
  const { brand, publicUrl, version, tools } = options;
  return {
    name: brand.name,
    description: brand.description,
    version,
    protocolVersions: versions,
    servers: [
      { name: 'main', url: `${publicUrl}/mcp`, transport: 'streamable-http', card: `${publicUrl}/mcp/server-card` },
      {
        name: 'docs',
        url: `${publicUrl}/mcp/docs`,
        transport: 'streamable-http',
        card: `${publicUrl}/mcp/docs/server-card`,
      },
    ],
    tools: tools.map(({ name, title, description }) => ({ name, title, description })),
    authentication: {
      required: false,
      schemes: ['bearer', 'oauth2'],
      authorization_servers: [`${publicUrl}/auth`],
      resource_metadata: `${publicUrl}/.well-known/oauth-protected-resource/mcp`,
    },
    documentation: `${publicUrl}/developers/mcp`,
  };
}
