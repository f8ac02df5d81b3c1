import { memorySkillFiles, SkillCatalog } from '@modelcontextprotocol/server/ext/skills';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { toAppError } from '../errors.ts';
import { rawRoute, type ApiRoute, type HttpMethod } from '../http/api-route.ts';
import { fetchRequest, streamFetchResponse } from '../http/fetch-bridge.ts';
import { sendJson } from '../http/send-json.ts';
import { callerOf, requireCredential, requireKnownOrigin, requireScopes, toolsAsked } from './access.ts';
import { mainServer } from './build-server.ts';
import { docsServer } from './docs-server.ts';
import { createEndpoint, type McpEndpoint } from './endpoint.ts';
import { mcpManifest } from './manifest.ts';
import { mcpVersionHeader, type McpOptions } from './mcp-options.ts';

/** What a route needs beside its endpoint. */
type Access = Pick<
  McpOptions,
  'tools' | 'brand' | 'publicUrl' | 'allowedOrigins' | 'authenticate' | 'admit' | 'version'
>;

interface Mounted {
  readonly options: Access;
  readonly endpoint: McpEndpoint;
  readonly path: string;
}

/** An error before a message is read by the protocol: its status, and the same in JSON-RPC's form. */
function sendError(reply: FastifyReply, requestId: string, thrown: unknown): void {
  const { code, message, definition, headers, retryAfterSeconds } = toAppError(thrown);
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  const { status } = definition;
  // -32603: the server's fault; -32600: the request's.
  const error = { code: status >= 500 ? -32_603 : -32_600, message, data: { code, type: definition.type } };
  const own = { ...mcpVersionHeader, 'x-request-id': requestId };
  sendJson(reply, status, { ...own, ...headers, ...retry }, { jsonrpc: '2.0', id: null, error });
}

function wantsManifest({ method, headers }: FastifyRequest): boolean {
  const isSession = headers['mcp-session-id'] !== undefined;
  return (
    (method === 'GET' || method === 'HEAD') && !isSession && headers.accept?.includes('text/event-stream') !== true
  );
}

async function serve(
  { options, endpoint, path }: Mounted,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const own = { ...mcpVersionHeader, 'x-request-id': request.id };
  try {
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort(new Error('the caller has gone'));
    });
    const asked = fetchRequest(request, { origin: options.publicUrl, headers: {}, dropped: [], signal: gone.signal });
    requireKnownOrigin(asked.headers, options);
    if (wantsManifest(request)) {
      sendJson(reply, 200, { ...own, vary: 'Accept', 'cache-control': 'public, max-age=300' }, mcpManifest(options));
      return;
    }
    if (request.url.endsWith('auth=required')) requireCredential(asked.headers, { publicUrl: options.publicUrl, path });
    const caller = await callerOf(asked.headers, request.clientAddress, options, path);
    for (const name of toolsAsked(request.body)) {
      const tool = options.tools.find(name);
      if (tool !== undefined) requireScopes(tool, caller, { publicUrl: options.publicUrl, path });
    }
    const limits = request.method === 'POST' ? await options.admit(caller) : {};
    const response = await endpoint.fetch(asked, request.body, caller);
    await streamFetchResponse(reply, response, { ...own, ...limits });
  } catch (error) {
    if (!reply.raw.destroyed) sendError(reply, request.id, error);
  }
}

const rpcRequest = z
  .union([
    z.looseObject({
      jsonrpc: z.literal('2.0'),
      id: z.union([z.string(), z.int(), z.null()]).optional(),
      method: z.string(),
      params: z.looseObject({}).optional(),
    }),
    z.array(z.looseObject({ jsonrpc: z.literal('2.0') })),
  ])
  .meta({ id: 'McpMessage', examples: [{ jsonrpc: '2.0', id: 1, method: 'tools/list' }] });

const operations: Readonly<Record<'GET' | 'POST' | 'DELETE', { readonly id: string; readonly summary: string }>> = {
  GET: {
    id: 'mcp_manifest',
    summary: 'What this MCP server is; with Accept: text/event-stream the events of a session',
  },
  POST: { id: 'mcp_rpc', summary: 'A message of the Model Context Protocol, in JSON-RPC 2.0' },
  DELETE: { id: 'mcp_end', summary: 'End a session' },
};

/** The three methods of an MCP endpoint. */
export function mcpRoutesAt(mounted: Mounted, suffix: string): ApiRoute[] {
  return (['GET', 'POST', 'DELETE'] as const satisfies readonly HttpMethod[]).map((method) =>
    rawRoute({
      method,
      path: mounted.path,
      operationId: `${operations[method].id}${suffix}`,
      summary: operations[method].summary,
      tag: 'mcp',
      security: 'optional',
      unversioned: true,
      ...(method === 'POST' ? { body: rpcRequest, streams: true } : {}),
      responses: { 200: { description: 'The answer', schema: z.looseObject({}) } },
      handle: (request, reply) => serve(mounted, request, reply),
    }),
  );
}

/** The Model Context Protocol at /mcp and, as S1 has it, /api/mcp.php; a server for the documentation at /mcp/docs. */
export function createMcp(options: McpOptions): { readonly routes: ApiRoute[]; readonly close: () => Promise<void> } {
  const files = Object.fromEntries(options.skills.map(({ name, content }) => [`${name}/SKILL.md`, content]));
  const skills = SkillCatalog.load(memorySkillFiles(files), {
    cacheHint: { ttlMs: 300_000, cacheScope: 'public' },
    onWarning: ({ path, message }) => {
      options.logger.warn({ path, reason: message }, 'a skill is not served over MCP');
    },
  });
  const { clock, logger } = options;
  const main = createEndpoint({ build: mainServer(options, skills), clock, logger });
  const docs = createEndpoint({ build: docsServer(options), clock, logger });
  return {
    routes: [
      ...mcpRoutesAt({ options, endpoint: main, path: '/mcp' }, '_short'),
      ...mcpRoutesAt({ options, endpoint: main, path: '/api/mcp.php' }, ''),
      ...mcpRoutesAt({ options, endpoint: docs, path: '/mcp/docs' }, '_docs'),
    ],
    close: async () => {
      await Promise.all([main.close(), docs.close()]);
    },
  };
}
