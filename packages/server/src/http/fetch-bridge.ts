import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

/** Headers of a request as the Fetch API has them, without those in `dropped`. */
export function fetchHeaders(request: FastifyRequest, dropped: readonly string[] = []): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || dropped.includes(name)) continue;
    for (const part of Array.isArray(value) ? value : [value]) headers.append(name, part);
  }
  return headers;
}

/** What of a request depends on the connection and must not be handed on. */
const hopByHop = ['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'expect'];

/** @param origin of this server: the Host header is the caller's word */
export function fetchRequest(
  request: FastifyRequest,
  options: {
    readonly origin: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly dropped: readonly string[];
    readonly signal?: AbortSignal;
  },
): Request {
  const headers = fetchHeaders(request, [...hopByHop, ...options.dropped, ...Object.keys(options.headers)]);
  for (const [name, value] of Object.entries(options.headers)) headers.set(name, value);
  const { body } = request;
  const text = Buffer.isBuffer(body) ? new Uint8Array(body) : body === undefined ? undefined : JSON.stringify(body);
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && text !== undefined;
  return new Request(new URL(request.url, options.origin), {
    method: request.method,
    headers,
    ...(hasBody ? { body: text } : {}),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Sends the answer of a Fetch-style handler, every cookie of it by itself. */
export async function sendFetchResponse(
  reply: FastifyReply,
  response: Response,
  change: { readonly body: string | undefined; readonly headers: Readonly<Record<string, string>> },
): Promise<void> {
  const text = change.body ?? (await response.text());
  reply.hijack();
  const { raw } = reply;
  raw.statusCode = response.status;
  for (const [name, value] of response.headers)
    if (name !== 'set-cookie' && name !== 'content-length') raw.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) raw.setHeader('set-cookie', cookies);
  for (const [name, value] of Object.entries(change.headers)) raw.setHeader(name, value);
  raw.setHeader('content-length', Buffer.byteLength(text));
  raw.end(raw.req.method === 'HEAD' ? undefined : text);
}

/** Sends the answer of a Fetch-style handler as it comes: events leave when they are made. */
export async function streamFetchResponse(
  reply: FastifyReply,
  response: Response,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.statusCode = response.status;
  for (const [name, value] of response.headers) raw.setHeader(name, value);
  for (const [name, value] of Object.entries(headers)) raw.setHeader(name, value);
  if (response.body === null) {
    raw.end();
    return;
  }
  raw.flushHeaders();
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  // Who has gone ends the stream; that is no fault.
  await pipeline(body, raw).catch(() => undefined);
}
