import { ulid } from '../ids.ts';
import { requestFingerprint } from '../idempotency/idempotency-key.ts';
import { cachePolicy, type CachePolicy } from '../response-cache/cache-policy.ts';
import { cacheId } from '../response-cache/response-cache.ts';
import { cachedConnection, sendCached } from './cached-connection.ts';
import type { ClientConnection } from './client-connection.ts';
import { hasFeature, requireFeature } from './entitle.ts';
import type { Gateway } from './gateway.ts';
import type { CheckedCall } from './pipeline.ts';
import { reserveRequest } from './reserve.ts';
import { openSettlement } from './settlement.ts';

const noTokens = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 };

/** The same id only for what would be answered alike: tenant, route, region, version, body and the surface's own headers. */
function idOf({ exchange, principal, contract, reading }: CheckedCall): string {
  const { body, query, route } = exchange;
  const fingerprint = requestFingerprint({ body, query, version: contract.version.name });
  const headers = reading.kind === 'chat' ? JSON.stringify(reading.native?.request.headers ?? {}) : '';
  // What was made elsewhere is no answer to who demands a region.
  const regions = `${exchange.region ?? ''} ${principal.region ?? ''}`;
  return cacheId([principal.tenantId, principal.mode, route, regions, headers, fingerprint]);
}

/** What the request or its key wants of the cache. @throws AppError PLAN_LIMIT_EXCEEDED where the plan has none */
export function cachePolicyOf(gateway: Gateway, { exchange, principal }: CheckedCall): CachePolicy | undefined {
  if (exchange.cacheControl === undefined && principal.cacheSeconds === undefined) return undefined;
  const { max_age_seconds: longest } = gateway.cacheSettings;
  const policy = cachePolicy(exchange.cacheControl, principal.cacheSeconds, longest);
  if (policy === undefined) return undefined;
  // A plan that lost the feature must not make every call of a key fail that has a default.
  const isAsked = cachePolicy(exchange.cacheControl, undefined, longest) !== undefined;
  if (isAsked) requireFeature(gateway.catalog, principal, 'response_cache');
  return isAsked || hasFeature(gateway.catalog, principal, 'response_cache') ? policy : undefined;
}

/**
 * Answers from the cache where it can: counted as a request, never as tokens.
 * @returns undefined when that is done; else where the answer is to go, so that it is kept
 */
export async function answerFromCache(
  gateway: Gateway,
  call: CheckedCall,
  client: ClientConnection,
  { read, maxAgeSeconds }: CachePolicy,
): Promise<ClientConnection | undefined> {
  const { principal, exchange } = call;
  const id = idOf(call);
  const found = read ? await gateway.responseCache.find(id, maxAgeSeconds) : undefined;
  if (found === undefined) {
    const { tenantId } = principal;
    return cachedConnection(client, {
      maxCharacters: gateway.cacheSettings.max_entry_bytes,
      keep: (answer) => void gateway.responseCache.store({ id, tenantId, maxAgeSeconds, answer }),
    });
  }
  const states = await reserveRequest(gateway, principal);
  const reservation = { reservation: { id, held: [] }, states, outputTokens: 0 };
  const settlement = openSettlement(gateway, { id: ulid(exchange.startedAtMs), call, client, reservation });
  settlement.onTarget('cache');
  settlement.complete(noTokens, '');
  sendCached(client, found, exchange.headers(states), {
    clock: gateway.clock,
    clientStallTimeoutMs: gateway.relay.client_stall_timeout_ms,
  });
  return undefined;
}
