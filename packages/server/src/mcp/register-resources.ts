import { ResourceNotFoundError, ResourceTemplate, type McpServer } from '@modelcontextprotocol/server';
import type { McpOptions, McpPage } from './mcp-options.ts';

const markdown = 'text/markdown';
/** Documents change with the configuration: for so long a client need not ask again. */
const cacheHint = { ttlMs: 300_000, cacheScope: 'public' as const };

async function contentOf(page: McpPage) {
  return { contents: [{ uri: page.url, mimeType: markdown, text: await page.markdown() }] };
}

/** Pages of the documentation, catalogues and the OpenAPI document, by their own addresses. */
export async function registerResources(server: McpServer, options: McpOptions): Promise<void> {
  const pages = await options.pages();
  for (const page of pages) {
    const { name, title, description, url } = page;
    const config = { title, description, mimeType: markdown, cacheHint };
    server.registerResource(name, url, config, () => contentOf(page));
  }
  for (const { uri, name, title, description, mimeType, read } of options.documents)
    server.registerResource(name, uri, { title, description, mimeType, cacheHint }, async () => ({
      contents: [{ uri, mimeType, text: await read() }],
    }));
  registerPageTemplate(server, options, pages);
}

function registerPageTemplate(server: McpServer, { publicUrl }: McpOptions, pages: readonly McpPage[]): void {
  const names = pages.map(({ name }) => name);
  const template = new ResourceTemplate(`${publicUrl}/developers/{page}.md`, {
    list: undefined,
    complete: { page: (value) => names.filter((name) => name.startsWith(value)).slice(0, 100) },
  });
  server.registerResource(
    'page',
    template,
    { title: 'A page of the documentation', description: 'Any page by its name.', mimeType: markdown, cacheHint },
    async (uri, { page: wanted }) => {
      const page = pages.find(({ name }) => name === wanted);
      if (page === undefined) throw new ResourceNotFoundError(uri.href);
      return contentOf(page);
    },
  );
}
