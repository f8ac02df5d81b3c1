import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../errors.ts';
import { rawRoute, type ApiRoute } from '../../http/api-route.ts';
import { createRepresentation, sendRepresentation } from './representation.ts';

const pictureName = /^[\w-]+\.png$/;

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => pictureName.test(name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function pictureRoute(folder: string, name: string): ApiRoute {
  return rawRoute({
    method: 'GET',
    path: `/developers/images/${name}`,
    operationId: `picture_${name}`,
    summary: `A picture in the documentation: ${name}`,
    tag: 'pages',
    security: 'none',
    hidden: true,
    unversioned: true,
    responses: { 200: { description: 'The picture' } },
    handle: async (request, reply) => {
      const representation = createRepresentation(await readFile(join(folder, name)), 'image/png');
      const headers = { 'cache-control': 'public, max-age=3600', vary: 'Accept-Encoding' };
      await sendRepresentation(request, reply, { status: 200, headers, representation });
    },
  });
}

/** The pictures of documents, where a page beside them finds them: `images/` in each folder of documents. */
export function pictureRoutes(documentsFolders: readonly string[]): ApiRoute[] {
  const taken = new Set<string>();
  return documentsFolders.flatMap((documents) => {
    const folder = join(documents, 'images');
    const names = namesIn(folder).filter((name) => !taken.has(name));
    for (const name of names) taken.add(name);
    return names.map((name) => pictureRoute(folder, name));
  });
}
