import {
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
  type ServerNotifier,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Clock } from '../clock.ts';
import type { BuildServer } from './build-server.ts';
import type { McpCaller } from './mcp-options.ts';
import { McpSessions } from './sessions.ts';
import { taskAnswer } from './tasks.ts';

/** One address at which both eras of the protocol are spoken. */
export interface McpEndpoint {
  /** @param body the parsed body of a POST */
  fetch(request: Request, body: unknown, caller: McpCaller): Promise<Response>;
  /** Tells clients that listen what has changed. */
  readonly notify: ServerNotifier;
  close(): Promise<void>;
}

const sessionHeader = 'mcp-session-id';
const bothForms = 'application/json, text/event-stream';

function rpcError(status: number, code: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ jsonrpc: '2.0', id: null, error: { code, message } }, { status, headers });
}

function initializes(body: unknown): boolean {
  return Array.isArray(body) ? body.some((part) => isInitializeRequest(part)) : isInitializeRequest(body);
}

/** The older transport wants both forms accepted; who accepts one of them gets that one. */
function acceptingBoth(request: Request): { readonly request: Request; readonly wantsJson: boolean } {
  const accept = request.headers.get('accept') ?? '';
  const wantsJson = !accept.includes('text/event-stream');
  if (!wantsJson && accept.includes('application/json')) return { request, wantsJson };
  const headers = new Headers(request.headers);
  headers.set('accept', bothForms);
  return { request: new Request(request, { headers }), wantsJson };
}

/** One request of a client that opened no session: answered by a server of its own. */
async function answerOnce(build: BuildServer, given: Request, body: unknown, caller: McpCaller): Promise<Response> {
  const { request, wantsJson } = acceptingBoth(given);
  const server = await build(caller);
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: wantsJson });
  await server.connect(transport);
  request.signal.addEventListener('abort', () => void server.close().catch(() => undefined));
  return transport.handleRequest(request, { parsedBody: body });
}

export function createEndpoint(options: {
  readonly build: BuildServer;
  readonly clock: Clock;
  readonly logger: Logger;
}): McpEndpoint {
  const { build, clock, logger } = options;
  const sessions = new McpSessions(clock);
  const modern = createMcpHandler((context) => build(context.authInfo?.extra?.['caller'] as McpCaller), {
    legacy: 'reject',
    onerror: (error) => {
      logger.debug({ reason: errorMessage(error) }, 'an MCP request was refused');
    },
  });
  const legacy = async (request: Request, body: unknown, caller: McpCaller): Promise<Response> => {
    const id = request.headers.get(sessionHeader);
    if (id !== null) {
      const transport = sessions.find(id, caller);
      if (transport === undefined) return rpcError(404, -32_001, 'There is no such session. Initialize a new one.');
      return transport.handleRequest(request, request.method === 'POST' ? { parsedBody: body } : {});
    }
    if (request.method !== 'POST')
      return rpcError(405, -32_000, 'Only sessions are read with GET and ended with DELETE.', { allow: 'POST' });
    if (!initializes(body)) return answerOnce(build, request, body, caller);
    const transport = await sessions.open(build, caller);
    return transport.handleRequest(acceptingBoth(request).request, { parsedBody: body });
  };
  return {
    fetch: async (request, body, caller) => {
      const isPost = request.method === 'POST';
      if (await isLegacyRequest(request, isPost ? body : undefined)) return legacy(request, body, caller);
      const authInfo = { token: '', clientId: '', scopes: [], extra: { caller } };
      return taskAnswer(await modern.fetch(request, isPost ? { parsedBody: body, authInfo } : { authInfo }));
    },
    notify: modern.notify,
    close: async () => {
      await Promise.all([sessions.close(), modern.close()]);
    },
  };
}
