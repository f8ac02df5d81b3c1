import { McpServer, type McpServerOptions } from '@modelcontextprotocol/server';
import type { SkillCatalog } from '@modelcontextprotocol/server/ext/skills';
import type { McpCaller, McpOptions } from './mcp-options.ts';
import { registerPrompts } from './register-prompts.ts';
import { registerResources } from './register-resources.ts';
import { registerTools } from './register-tools.ts';
import { registerTasks } from './tasks.ts';

/** Makes a server for one request, or one session, of a caller. */
export type BuildServer = (caller: McpCaller) => Promise<McpServer>;

/** Lists are the same for everybody: for so long a client need not ask again. */
const listHint = { ttlMs: 300_000, cacheScope: 'public' } as const;
const cacheHints: NonNullable<McpServerOptions['cacheHints']> = {
  'tools/list': listHint,
  'prompts/list': listHint,
  'resources/list': listHint,
  'resources/templates/list': listHint,
  'server/discover': listHint,
};

/** The main server: tools, resources, prompts, skills. */
export function mainServer(options: McpOptions, skills: Promise<SkillCatalog>): BuildServer {
  const { brand, publicUrl, version } = options;
  return async (caller) => {
    const server = new McpServer(
      { name: 'turnpike', title: brand.name, version, websiteUrl: publicUrl },
      {
        capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
        cacheHints,
        instructions: `${brand.name}: ${brand.description}. Ask questions about it with the tool "ask"; find plans and prices with get_pricing, models with list_models. The documentation is among the resources.`,
      },
    );
    registerTools(server, options, caller);
    await registerResources(server, options);
    registerPrompts(server, options);
    registerTasks(server, options.jobs, caller);
    (await skills).attach(server);
    return server;
  };
}
