import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify from 'fastify';
import { errorCode } from '../../errors.ts';
import { rawRoute, type ApiRoute } from '../../http/api-route.ts';
import { createRepresentation, sendRepresentation, type Representation } from './representation.ts';

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
};

const files = [
  'site.css',
  'forms.css',
  'theme.js',
  'site.js',
  'webmcp.js',
  'reference.js',
  'reference.css',
  'favicon.svg',
  'social.png',
];
const folder = join(import.meta.dirname, 'assets');

export interface Assets {
  /** Address of an asset with its version, so that it may be kept for ever. */
  readonly url: (name: string) => string;
  readonly routes: readonly ApiRoute[];
}

/** A preset's own file stands before the project's. */
function readAsset(presetFolder: string, name: string): Buffer {
  try {
    return readFileSync(join(presetFolder, 'content', 'assets', name));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return readFileSync(join(folder, name));
  }
}

/** A tool that a page offers to the browser's agent. */
export interface PageTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: object;
  readonly isReadOnly: boolean;
}

/** The script of Scalar as its package gives it out; read when it is first asked for, as it is large. */
async function scalarScript(): Promise<Representation> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const app = Fastify();
  await app.register(scalar, { routePrefix: '/reference', configuration: { url: '/openapi.json' } });
  const answer = await app.inject('/reference/js/scalar.js');
  await app.close();
  if (answer.statusCode !== 200) throw new Error('the package of Scalar gives out no script');
  return createRepresentation(answer.rawPayload, types['js'] ?? '');
}

const forEver = 'public, max-age=31536000, immutable';
const briefly = 'public, max-age=300';
/** Changes with the package only. */
const aDay = 'public, max-age=86400';

function assetRoute(
  name: string,
  get: () => Promise<Representation> | Representation,
  version: string,
  otherwise = briefly,
): ApiRoute {
  return rawRoute({
    method: 'GET',
    path: `/assets/${name}`,
    operationId: `asset_${name}`,
    summary: `A file that pages need: ${name}`,
    tag: 'pages',
    security: 'none',
    hidden: true,
    unversioned: true,
    responses: { 200: { description: 'The file' } },
    handle: async (request, reply) => {
      const isThisVersion = new URLSearchParams(request.url.split('?')[1]).get('v') === version;
      const headers = { 'cache-control': isThisVersion ? forEver : otherwise, vary: 'Accept-Encoding' };
      await sendRepresentation(request, reply, { status: 200, headers, representation: await get() });
    },
  });
}

/** Everything that pages load: styles, scripts, pictures, all from this server. */
export function createAssets(presetFolder: string, tools: readonly PageTool[]): Assets {
  const versions = new Map<string, string>();
  const routes = files.map((name) => {
    const content = readAsset(presetFolder, name);
    const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    const text =
      name === 'webmcp.js' ? content.toString().replace('[/* tools */]', () => JSON.stringify(tools)) : content;
    const representation = createRepresentation(text, type);
    const version = representation.tag.slice(0, 10);
    versions.set(name, version);
    return assetRoute(name, () => representation, version);
  });
  let script: Promise<Representation> | undefined;
  const loadScript = async () => {
    script ??= scalarScript();
    try {
      return await script;
    } catch (error) {
      script = undefined;
      throw error;
    }
  };
  return {
    url: (name) => `/assets/${name}?v=${versions.get(name) ?? ''}`,
    routes: [...routes, assetRoute('scalar.js', loadScript, 'none', aDay)],
  };
}
