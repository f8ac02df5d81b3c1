import type { FastifyReply, FastifyRequest } from 'fastify';

interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Nothing but our own style; no frame may hold the page, and nothing learns its address, which names the application. */
function headersOf(requestId: string, formTargets: string): Readonly<Record<string, string>> {
  const forms = ["'self'", formTargets].filter((part) => part !== '').join(' ');
  const policy = `default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action ${forms}; frame-ancestors 'none'`;
  return {
    'content-security-policy': policy,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // Not `no-referrer`: with it browsers hide the origin of our own forms from us.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
    'x-request-id': requestId,
    vary: 'Accept-Language, Cookie',
  };
}

/** @param formTargets origins beside our own to which a form of the page may lead */
export function sendPage(
  { request, reply }: Visit,
  status: number,
  page: string,
  formTargets: string,
  cookies: readonly string[] = [],
): void {
  if (reply.sent) return;
  reply.hijack();
  const { raw } = reply;
  if (cookies.length > 0) raw.setHeader('set-cookie', [...cookies]);
  raw.removeHeader('access-control-allow-origin');
  raw.writeHead(status, {
    ...headersOf(request.id, formTargets),
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
  });
  raw.end(request.method === 'HEAD' ? undefined : page);
}

/** After a form, or on the way to one: GET what is there (RFC 9110 §15.4.4). */
export function redirectTo({ request, reply }: Visit, url: string, cookies: readonly string[] = []): void {
  if (reply.sent) return;
  reply.hijack();
  const { raw } = reply;
  if (cookies.length > 0) raw.setHeader('set-cookie', [...cookies]);
  raw.removeHeader('access-control-allow-origin');
  raw.writeHead(303, { ...headersOf(request.id, ''), location: url, 'content-length': 0 });
  raw.end();
}
