import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';

/**
 * The product's own documentation, as Markdown: what error messages and the demo model point to.
 * @param folder the folder of the pages; only names found in it are served
 */
export function documentRoutes(folder: string): ApiRoute[] {
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
        const names = (await readdir(folder)).filter((name) => name.endsWith('.md'));
        const name = page.endsWith('.md') ? page : `${page}.md`;
        if (!names.includes(name)) throw new AppError('RESOURCE_NOT_FOUND', `There is no page ${JSON.stringify(page)}. Pages: ${names.sort().join(', ')}.`, { param: 'page' });
        return { status: 200, body: await readFile(join(folder, name), 'utf8'), headers: { 'content-type': 'text/markdown; charset=utf-8' } };
      },
    }),
  ];
}
