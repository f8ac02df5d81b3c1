import type { JsonObject } from '../providers/provider.ts';
import { estimatePromptTokens } from '../tokens/estimate.ts';
import type { ChatExchange } from './chat-exchange.ts';
import { ChatStream, frame } from './chat-stream.ts';
import { claimExecution } from './claim.ts';
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
  const { authenticator, catalog, contracts, versionUsage } = gateway;

  const known = authenticator.authenticate(exchange.secret);
  const principal = known instanceof Promise ? await known : known;
  exchange.onPrincipal(principal);

  const contract = contracts.bind(exchange.route, exchange.apiVersion, principal.pinnedVersion);
  exchange.onContract(contract);
  versionUsage.note(principal, contract.version.name);

  const { upgradeRequest, downgradeEvent } = contract.translation;
  const body = upgradeRequest === undefined ? exchange.body : upgradeRequest(exchange.body as JsonObject);
  const request = exchange.parse(body);
  const stream = request.stream === true;
  const entitlement = entitle(catalog, principal, request, estimatePromptTokens(body as JsonObject));

  const execution =
    exchange.idempotencyKey === undefined
      ? exchange
      : await claimExecution(gateway, { exchange, principal, contract, stream }, exchange.idempotencyKey);
  if (execution === undefined) return;

  let settlement;
  try {
    const reserved = reserve(gateway, principal, entitlement);
    const reservation = reserved instanceof Promise ? await reserved : reserved;
    const { client } = execution;

    settlement = openSettlement(gateway, { exchange, client, principal, entitlement, reservation, stream });
    const call = {
      body: upstreamBody(body as JsonObject, request, entitlement, reservation),
      stream,
      requestId: exchange.requestId,
      signal: settlement.signal,
    };
    const answer = await routeChat(gateway, {
      principal,
      model: entitlement.model,
      call,
      onTarget: settlement.onTarget,
    });

    const headers = exchange.headers(reservation.states);
    const model = entitlement.model.name;
    if (answer.kind === 'json') {
      respondJson({ answer, settlement, client, headers, model, downgrade: contract.translation.downgradeResponse });
      return;
    }
    const encode =
      downgradeEvent === undefined ? frame : (data: string) => frame(downgradeEvent({ name: undefined, data })?.data);
    const chat = new ChatStream({
      publicModel: model,
      includeUsage: request.stream_options?.include_usage === true,
      encode,
    });
    settlement.onStream(chat);
    await relayStream({
      events: answer.events,
      chat,
      client,
      headers,
      clock: gateway.clock,
      streamClock: gateway.streamClock,
      timeouts: gateway.relay,
      onDelivery: settlement.onDelivery,
      onProgress: settlement.onProgress,
      onEnd: settlement.onStreamEnd,
      renderError: exchange.renderStreamError,
    });
  } catch (error) {
    settlement?.fail(error);
    if ('release' in execution) await execution.release();
    throw error;
  }
}
