import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';

export interface DocumentRoutesOptions {
  /** Only pages found in them are served; of two with one name the first. */
  readonly folders: readonly string[];
  /** Pages made from what the program declares, by name. */
  readonly generated: Readonly<Record<string, () => string>>;
}

async function listPages(folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  for (const folder of folders)
    for (const file of await readdir(folder)) if (file.endsWith('.md') && !pages.has(file)) pages.set(file, folder);
  return pages;
}

/**
 * The product's own documentation, as Markdown: what error messages and the demo model point to.
 */
export function documentRoutes({ folders, generated }: DocumentRoutesOptions): ApiRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/developers/{page}',
      operationId: 'getDocument',
      summary: 'Read a page of the documentation',
      tag: 'documentation',
      security: 'none',
      params: z.object({ page: z.string() }),
      responses: { 200: { description: 'Markdown', schema: z.string(), contentType: 'text/markdown' } },
      handle: async ({ params: { page } }) => {
        const name = page.endsWith('.md') ? page : `${page}.md`;
        const headers = { 'content-type': 'text/markdown; charset=utf-8' };
        const make = Object.hasOwn(generated, name) ? generated[name] : undefined;
        if (make !== undefined) return { status: 200, body: make(), headers };
        const pages = await listPages(folders);
        const folder = pages.get(name);
        const names = [...pages.keys(), ...Object.keys(generated)];
        if (folder === undefined)
          throw new AppError(
            'RESOURCE_NOT_FOUND',
            `There is no page ${JSON.stringify(page)}. Pages: ${names.sort().join(', ')}.`,
            { param: 'page' },
          );
        return { status: 200, body: await readFile(join(folder, name), 'utf8'), headers };
      },
    }),
  ];
}
