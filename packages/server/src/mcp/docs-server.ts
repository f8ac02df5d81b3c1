import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { BuildServer } from './build-server.ts';
import type { McpOptions } from './mcp-options.ts';

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

function result(structuredContent: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

const summary = z.object({ name: z.string(), title: z.string(), description: z.string(), url: z.string() });

function registerLists(server: McpServer, { pages, searchPages }: McpOptions): void {
  server.registerTool(
    'list_pages',
    {
      title: 'Pages',
      description: 'Lists all pages of the documentation with what each is about.',
      inputSchema: z.strictObject({}),
      outputSchema: z.object({ pages: z.array(summary) }),
      annotations,
    },
    async () => {
      const all = await pages();
      return result({ pages: all.map(({ name, title, description, url }) => ({ name, title, description, url })) });
    },
  );
  server.registerTool(
    'search_docs',
    {
      title: 'Search',
      description: 'Finds the passages of the documentation that have to do with some words, in German or English.',
      inputSchema: z.strictObject({ query: z.string().min(1).max(1_000).describe('What is looked for') }),
      outputSchema: z.object({
        passages: z.array(z.object({ title: z.string(), url: z.string(), text: z.string() })),
      }),
      annotations,
    },
    async ({ query }) => result({ passages: [...(await searchPages(query))] }),
  );
}

/** A second server that only reads the documentation: three tools, for agents that need no more. */
export function docsServer(options: McpOptions): BuildServer {
  const { brand, publicUrl, version, pages } = options;
  return (_caller) => {
    const server = new McpServer(
      { name: 'turnpike-docs', title: `${brand.name} documentation`, version, websiteUrl: `${publicUrl}/developers` },
      { instructions: `The documentation of ${brand.name}: search_docs finds passages, read_page reads a whole page.` },
    );
    registerLists(server, options);
    server.registerTool(
      'read_page',
      {
        title: 'Read a page',
        description: 'Reads a whole page of the documentation as Markdown, by the name that list_pages has.',
        inputSchema: z.strictObject({ name: z.string().min(1).max(200).describe('Name of the page: quickstart') }),
        outputSchema: z.object({ url: z.string(), markdown: z.string() }),
        annotations,
      },
      async ({ name }) => {
        const page = (await pages()).find((each) => each.name === name);
        if (page !== undefined) return result({ url: page.url, markdown: await page.markdown() });
        const text = `There is no page ${JSON.stringify(name)}. list_pages has all names.`;
        return { isError: true, content: [{ type: 'text', text }] };
      },
    );
    return Promise.resolve(server);
  };
}
