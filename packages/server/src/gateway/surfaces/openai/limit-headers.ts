import type { Principal } from '../../../keys/key.ts';
import type { LimitState } from '../../../limits/limit.ts';
import { rateLimitHeaders } from '../../../limits/rate-limit-headers.ts';
import type { Gateway } from '../../gateway.ts';

/** The headers of every answer on /v1: the request id and where the limits stand. */
export function openAiHeaders(gateway: Gateway, requestId: string, states: readonly LimitState[]): string[] {
  const headers = rateLimitHeaders(states, gateway.clock.now(), { openai: true });
  headers.push('x-request-id', requestId);
  return headers;
}

/** Where the limits of a caller stand, for answers that took nothing. Empty when the counters cannot be read. */
export async function standing(gateway: Gateway, principal: Principal | undefined): Promise<readonly LimitState[]> {
  if (principal === undefined) return [];
  try {
    return await gateway.limits.peek(gateway.catalog.limitsOf(principal), gateway.clock.now());
  } catch {
    return [];
  }
}

export function asRecord(pairs: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let index = 0; index + 1 < pairs.length; index += 2) record[pairs[index] ?? ''] = pairs[index + 1] ?? '';
  return record;
}
