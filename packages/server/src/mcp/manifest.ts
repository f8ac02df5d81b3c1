import type { JsonObject } from '../providers/provider.ts';
import { protocolVersions, type McpOptions } from './mcp-options.ts';

/** What a GET that is not for events is told: there is no ratified form of it, so it is short and plain (S1). */
export function mcpManifest({
  brand,
  publicUrl,
  version,
  tools,
}: Pick<McpOptions, 'brand' | 'publicUrl' | 'version' | 'tools'>): JsonObject {
  return {
    name: 'turnpike',
    title: brand.name,
    description: brand.description,
    version,
    protocol: 'mcp',
    protocolVersion: '2025-06-18',
    protocolVersions: [...protocolVersions],
    transport: { type: 'streamable-http', url: `${publicUrl}/mcp` },
    endpoints: { mcp: `${publicUrl}/mcp`, docs: `${publicUrl}/mcp/docs`, serverCard: `${publicUrl}/mcp/server-card` },
    capabilities: { tools: true, resources: true, prompts: true, completions: true },
    tools: tools.tools.map(({ name, title, description }) => ({ name, title, description })),
    authentication: {
      required: false,
      schemes: ['bearer'],
      resource_metadata: `${publicUrl}/.well-known/oauth-protected-resource/mcp`,
    },
    documentation: `${publicUrl}/developers/mcp.md`,
  };
}
