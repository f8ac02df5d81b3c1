import type { FastifyRequest } from 'fastify';

/** A request header as one text; several fields of one name are joined (RFC 9110 §5.3). */
export function requestHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
