import type { FastifyReply } from 'fastify';

/** Sends a value as JSON, or a string as it is. Every answer that is not a stream leaves through here. */
export function sendJson(
  reply: FastifyReply,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): void {
  if (reply.sent) return;
  // Before the framework lets go of the reply: what fails here is still answered by its error handler.
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  reply.hijack();
  const { raw } = reply;
  if (text === undefined) {
    raw.writeHead(status, headers);
    raw.end();
    return;
  }
  raw.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  raw.end(raw.req.method === 'HEAD' ? undefined : text);
}
