import { AppError } from '../errors.ts';
import type { Tool } from '../tools/tool.ts';
import type { McpCaller, McpOptions } from './mcp-options.ts';

const loopback = ['localhost', '127.0.0.1', '[::1]'];

function hostnameOf(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}

/** Names under which this server may be asked: its own, and those of this machine where it is one of them. */
function ownHostnames(publicUrl: string): readonly string[] {
  const own = hostnameOf(publicUrl) ?? '';
  return loopback.includes(own) ? loopback : [own];
}

/**
 * Keeps pages of other sites, and names made to resolve to this machine, away (MCP, "Security Warning" of the transport).
 * @throws AppError FORBIDDEN_ORIGIN
 */
export function requireKnownOrigin(
  headers: Headers,
  { publicUrl, allowedOrigins }: Pick<McpOptions, 'publicUrl' | 'allowedOrigins'>,
): void {
  const own = ownHostnames(publicUrl);
  const host = hostnameOf(`http://${headers.get('host') ?? ''}`);
  if (host === undefined || !own.includes(host))
    throw new AppError('FORBIDDEN_ORIGIN', 'Host: this server does not go by that name.', { param: 'Host' });
  const origin = headers.get('origin');
  if (origin === null || allowedOrigins.includes(origin)) return;
  const from = hostnameOf(origin);
  if (from === undefined || !own.includes(from))
    throw new AppError('FORBIDDEN_ORIGIN', 'Origin: pages of this origin may not call here.', { param: 'Origin' });
}

/** What a POST asks for, as far as access depends on it. */
export function toolsAsked(body: unknown): readonly string[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return messages.flatMap((message) => {
    const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } };
    const name = params?.name;
    return method === 'tools/call' && typeof name === 'string' ? [name] : [];
  });
}

/** RFC 9728 §5.1 and RFC 6750 §3: where to learn how to get a token, and which scope it needs. */
function challenge(publicUrl: string, path: string, scopes: readonly string[], error?: string): string {
  const parts = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    `resource_metadata="${publicUrl}/.well-known/oauth-protected-resource${path}"`,
    ...(scopes.length === 0 ? [] : [`scope="${scopes.join(' ')}"`]),
  ];
  return `Bearer ${parts.join(', ')}`;
}

/** @throws AppError INVALID_API_KEY (401), INSUFFICIENT_SCOPE (403), each with its challenge */
export function requireScopes(
  tool: Tool,
  { principal }: McpCaller,
  { publicUrl, path }: { readonly publicUrl: string; readonly path: string },
): void {
  const { name, scopes } = tool;
  const missing = scopes.filter((scope) => principal?.scopes.has(scope) !== true);
  if (missing.length === 0) return;
  const needs = `The tool ${name} needs the scope ${missing.join(', ')}.`;
  if (principal === undefined)
    throw new AppError('INVALID_API_KEY', `${needs} Send an API key or a token.`, {
      headers: { 'www-authenticate': challenge(publicUrl, path, scopes) },
    });
  throw new AppError('INSUFFICIENT_SCOPE', needs, {
    headers: { 'www-authenticate': challenge(publicUrl, path, scopes, 'insufficient_scope') },
  });
}

/**
 * For clients that are to sign in as they connect: without a credential they are told where to get one, although the
 * server is open.
 * @throws AppError INVALID_API_KEY with the challenge
 */
export function requireCredential(
  headers: Headers,
  { publicUrl, path }: { readonly publicUrl: string; readonly path: string },
): void {
  if (headers.has('authorization')) return;
  throw new AppError('INVALID_API_KEY', 'This address wants a credential: send an API key or a token.', {
    headers: { 'www-authenticate': challenge(publicUrl, path, []) },
  });
}

/** @throws AppError INVALID_API_KEY with the challenge */
export async function callerOf(
  headers: Headers,
  address: string,
  { authenticate, publicUrl }: Pick<McpOptions, 'authenticate' | 'publicUrl'>,
  path: string,
): Promise<McpCaller> {
  const authorization = headers.get('authorization');
  if (authorization === null) return { principal: undefined, address };
  const secret = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? '';
  try {
    return { principal: await authenticate(secret, path), address };
  } catch (error) {
    if (!(error instanceof AppError) || error.definition.status !== 401) throw error;
    throw new AppError(error.code, error.message, {
      headers: { 'www-authenticate': challenge(publicUrl, path, [], 'invalid_token') },
    });
  }
}
