import type { JsonObject } from '../providers/provider.ts';
import { estimatePromptTokens } from '../tokens/estimate.ts';
import type { ChatExchange } from './chat-exchange.ts';
import { ChatStream } from './chat-stream.ts';
import { entitle } from './entitle.ts';
import type { Gateway } from './gateway.ts';
import { relayStream } from './relay.ts';
import { reserve } from './reserve.ts';
import { respondJson } from './respond-json.ts';
import { routeChat } from './route-chat.ts';
import { openSettlement } from './settlement.ts';
import { upstreamBody } from './upstream-body.ts';

/**
 * THE ROAD, a call a step (docs/architecture.md). Each step may throw an AppError; the surface renders it. What is
 * reserved is settled exactly once by the settlement, whatever happens after.
 */
export async function runChat(gateway: Gateway, exchange: ChatExchange): Promise<void> {
  const { clock, authenticator, catalog, streamClock } = gateway;
  const { client, requestId } = exchange;

  const known = authenticator.authenticate(exchange.secret);
  const principal = known instanceof Promise ? await known : known;
  exchange.onPrincipal(principal);

  const request = exchange.parse(exchange.body);
  const promptTokens = estimatePromptTokens(exchange.body as JsonObject);
  const entitlement = entitle(catalog, principal, request, promptTokens);

  const reserved = reserve(gateway, principal, entitlement);
  const reservation = reserved instanceof Promise ? await reserved : reserved;

  const settlement = openSettlement(gateway, { exchange, principal, entitlement, reservation, stream: request.stream === true });
  try {
    const call = { body: upstreamBody(exchange.body as JsonObject, request, entitlement, reservation), stream: request.stream === true, requestId, signal: settlement.signal };
    const answer = await routeChat(gateway, { principal, model: entitlement.model, call, onTarget: settlement.onTarget });
    const headers = exchange.headers(reservation.states);
    if (answer.kind === 'json') {
      respondJson({ answer, settlement, client, headers, model: entitlement.model.name });
      return;
    }
    const chat = new ChatStream({ publicModel: entitlement.model.name, includeUsage: request.stream_options?.include_usage === true });
    settlement.onStream(chat);
    await relayStream({
      events: answer.events,
      chat,
      client,
      clock,
      streamClock,
      headers,
      heartbeatMs: gateway.relay.heartbeat_ms,
      idleTimeoutMs: gateway.relay.idle_timeout_ms,
      clientStallTimeoutMs: gateway.relay.client_stall_timeout_ms,
      onDelivery: settlement.onDelivery,
      onProgress: settlement.onProgress,
      onEnd: settlement.onStreamEnd,
      renderError: exchange.renderStreamError,
    });
  } catch (error) {
    settlement.fail(error);
    throw error;
  }
}

