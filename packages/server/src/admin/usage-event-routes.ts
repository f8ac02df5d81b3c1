import { usageEventObject, usageEventsQuery } from '@turnpike/contract/admin';
import { pageOf } from '@turnpike/contract/pagination';
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { listUsageEvents } from '../usage/list-usage-events.ts';
import type { UsageEvent } from '../usage/usage-event.ts';
import { decimalOfNanos } from '../usage/usage-query.ts';

const dayMs = 86_400_000;
/** Events that began this very moment belong to a list that ends now. */
const marginMs = 60_000;

export function presentUsageEvent(event: UsageEvent): z.output<typeof usageEventObject> {
  return {
    id: event.id,
    request_id: event.requestId,
    tenant_id: event.tenantId,
    key_id: event.keyId,
    mode: event.mode,
    surface: event.surface,
    model: event.model,
    target: event.target,
    attempts: event.attempts === undefined ? null : [...event.attempts],
    stream: event.stream,
    started_at: new Date(event.startedAtMs).toISOString(),
    duration_ms: event.durationMs,
    first_byte_ms: event.firstByteMs,
    status: event.status,
    http_status: event.httpStatus,
    error_code: event.errorCode,
    prompt_tokens: event.promptTokens,
    completion_tokens: event.completionTokens,
    cached_tokens: event.cachedTokens,
    reasoning_tokens: event.reasoningTokens,
    estimated: event.estimated,
    cost: decimalOfNanos(BigInt(event.costNanos)),
    currency: event.currency,
  };
}

/** Events as a query of the API asks for them. @param tenantId whose; undefined: everybody's @throws AppError INVALID_REQUEST */
export async function readEventPage(
  {
    database,
    clock,
    flush,
  }: { readonly database: Database; readonly clock: Clock; readonly flush: () => Promise<void> },
  tenantId: string | undefined,
  query: Omit<z.output<typeof usageEventsQuery>, 'tenant'>,
) {
  const nowMs = clock.now();
  const from = new Date(query.from ?? nowMs - dayMs);
  const to = new Date(query.to ?? nowMs + marginMs);
  if (from >= to) throw new AppError('INVALID_REQUEST', 'from: must be before to.', { param: 'from' });
  // What this process has metered but not moved yet belongs to the answer.
  await flush();
  const { key: keyId, request_id: requestId, model, surface, status, after, limit } = query;
  const filter = { keyId, requestId, model, surface, status };
  const page = await listUsageEvents({ database }, { tenantId, from, to, ...filter, after, limit });
  return { ...page, data: page.data.map(presentUsageEvent) };
}

/** GET /admin/v1/usage/events: the ledger itself, the newest first. */
export function usageEventRoutes({
  database,
  clock,
  flush,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly flush: () => Promise<void>;
}): ApiRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/usage/events',
      operationId: 'listUsageEvents',
      summary: 'Single metered requests, the newest first, with what routing tried',
      tag: 'admin',
      security: 'admin',
      query: usageEventsQuery,
      responses: { 200: { description: 'A page of events', schema: pageOf(usageEventObject) } },
      handle: async ({ query }) => {
        const page = await readEventPage({ database, clock, flush }, query.tenant, query);
        return { status: 200, body: page };
      },
    }),
  ];
}
