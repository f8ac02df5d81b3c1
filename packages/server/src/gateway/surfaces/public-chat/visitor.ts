import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../../errors.ts';

export interface VisitorRules {
  /** Origin of this server. */
  readonly site: string;
  readonly allowedOrigins: readonly string[];
}

/** Programs that say of themselves that they are one: they have an API with keys. */
const robots = /bot\b|crawler|spider|scrapy|curl\/|wget\/|python-requests|httpclient|go-http-client/i;

/**
 * The public chat is for people on pages that may use it.
 * @throws AppError FORBIDDEN_ORIGIN
 */
export function checkVisitor({ site, allowedOrigins }: VisitorRules, headers: IncomingHttpHeaders): void {
  const { origin, 'user-agent': agent } = headers;
  if (origin !== undefined && origin !== site && !allowedOrigins.includes(origin))
    throw new AppError(
      'FORBIDDEN_ORIGIN',
      `The public chat is not open to pages of ${JSON.stringify(origin.slice(0, 200))}.`,
    );
  if (agent === undefined || agent.trim() === '' || robots.test(agent))
    throw new AppError(
      'FORBIDDEN_ORIGIN',
      'The public chat is for people with a browser. Programs use POST /api/ask.php, or the API with a key.',
    );
}
