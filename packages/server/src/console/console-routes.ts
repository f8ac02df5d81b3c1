import type { ConsoleConfig } from '@turnpike/contract/console';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type ApiRoute } from '../http/api-route.ts';
import { createRepresentation, sendRepresentation } from '../hub/pages/representation.ts';
import type { ConsoleFiles } from './console-files.ts';
import { consoleHeaders } from './console-headers.ts';

export interface ConsoleOptions {
  readonly files: ConsoleFiles;
  /** What pages are told before anybody has signed in. */
  readonly config: () => ConsoleConfig;
}

/** Where people sign in and serve themselves. */
export const consolePath = '/console';

const unbuilt = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Console not built</title><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body>
<h1>The console is not built yet</h1>
<p>Run <code>npm run build --workspace @turnpike/web</code> in the project folder (<code>npm ci</code> does it too), then load this page again. The server need not be restarted.</p>
<p>Everything in the console can also be done over the API: <a href="/developers">documentation</a>.</p>
</body>
</html>
`;

type Handle = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

function consoleRoute(path: string, operationId: string, summary: string, handle: Handle): ApiRoute {
  return rawRoute({
    ...{ path, operationId, summary, handle },
    method: 'GET',
    tag: 'console',
    security: 'none',
    hidden: true,
    unversioned: true,
    responses: { 200: { description: summary } },
  });
}

function sendPage(files: ConsoleFiles): Handle {
  return async (request, reply) => {
    const built = await files.page();
    await sendRepresentation(request, reply, {
      status: built === undefined ? 503 : 200,
      headers: { ...consoleHeaders, 'cache-control': 'no-store', vary: 'Accept-Encoding' },
      representation: built ?? createRepresentation(unbuilt, 'text/html; charset=utf-8'),
    });
  };
}

function sendAsset(files: ConsoleFiles): Handle {
  return async (request, reply) => {
    const name = (request.params as Readonly<Record<string, string>>)['*'] ?? '';
    const found = await files.asset(name);
    await sendRepresentation(request, reply, {
      status: found === undefined ? 404 : 200,
      headers: {
        ...consoleHeaders,
        // A name holds the hash of its content.
        'cache-control': found === undefined ? 'no-store' : 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
      },
      // A page here would be taken for a script.
      representation: found ?? createRepresentation('There is no such file.\n', 'text/plain; charset=utf-8'),
    });
  };
}

/** The console: its page at every address below /console, its files, and what it is told at its start. */
export function consoleRoutes({ files, config }: ConsoleOptions): ApiRoute[] {
  const page = sendPage(files);
  return [
    consoleRoute(consolePath, 'console', 'The console', page),
    consoleRoute(`${consolePath}/*`, 'consolePage', 'A page of the console', page),
    consoleRoute(`${consolePath}/assets/*`, 'consoleAsset', 'A file of the console', sendAsset(files)),
    consoleRoute(`${consolePath}/config.json`, 'consoleConfig', 'What the console is told', (request, reply) =>
      sendRepresentation(request, reply, {
        status: 200,
        headers: { ...consoleHeaders, 'cache-control': 'no-cache', vary: 'Accept-Encoding' },
        representation: createRepresentation(JSON.stringify(config()), 'application/json; charset=utf-8'),
      }),
    ),
  ];
}
