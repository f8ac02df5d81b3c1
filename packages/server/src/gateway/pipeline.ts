import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { Principal } from '../keys/key.ts';
import type { JsonObject } from '../providers/provider.ts';
import { estimatePromptTokens } from '../tokens/estimate.ts';
import type { Contract } from '../versions/contract.ts';
import type { ChatExchange } from './chat-exchange.ts';
import { claimExecution } from './claim.ts';
import type { ClientConnection } from './client-connection.ts';
import { entitle, type Entitlement } from './entitle.ts';
import type { Gateway } from './gateway.ts';
import { relayAnswer } from './relay-answer.ts';
import { reserve } from './reserve.ts';
import { respondJson } from './respond-json.ts';
import { routeChat } from './route-chat.ts';
import { openSettlement } from './settlement.ts';
import { upstreamBody } from './upstream-body.ts';

/** A request that is known, bound to a version and allowed. */
export interface CheckedCall {
  readonly exchange: ChatExchange;
  readonly principal: Principal;
  readonly contract: Contract;
  /** In the shape of today's contract. */
  readonly body: JsonObject;
  readonly request: ChatCompletionRequest;
  readonly entitlement: Entitlement;
}

/**
 * THE ROAD, a call a step (docs/architecture.md). Each step may throw an AppError; the surface renders it. What is
 * reserved is settled exactly once by the settlement, whatever happens after.
 */
export async function runChat(gateway: Gateway, exchange: ChatExchange): Promise<void> {
  const principal = await gateway.authenticator.authenticate(exchange.secret);
  exchange.onPrincipal(principal);

  const contract = gateway.contracts.bind(exchange.route, exchange.apiVersion, principal.pinnedVersion);
  exchange.onContract(contract);
  for (const subject of contract.subjects) gateway.versionUsage.note(principal, subject);

  const body = upgrade(contract, exchange.body);
  const request = exchange.parse(body);
  const entitlement = entitle(gateway.catalog, principal, request, estimatePromptTokens(body));
  const call = { exchange, principal, contract, body, request, entitlement };

  const { idempotencyKey: key } = exchange;
  if (key === undefined) {
    await carryOut(gateway, call, exchange.client);
    return;
  }
  const execution = await claimExecution(gateway, { exchange, principal, contract, stream: isStream(request) }, key);
  if (execution === undefined) return;
  try {
    await carryOut(gateway, call, execution.client);
  } catch (error) {
    await execution.release();
    throw error;
  }
}

/** Reserve, route, relay, settle: from here on the request costs something. */
async function carryOut(gateway: Gateway, call: CheckedCall, client: ClientConnection): Promise<void> {
  const { exchange, principal, contract, body, request, entitlement } = call;
  const { model } = entitlement;
  const stream = isStream(request);

  const reservation = await reserve(gateway, principal, entitlement);

  const settlement = openSettlement(gateway, { exchange, client, principal, entitlement, reservation, stream });
  try {
    const sent = upstreamBody(body, request, entitlement, reservation);
    const upstreamCall = { body: sent, stream, requestId: exchange.requestId, signal: settlement.signal };
    const answer = await routeChat(gateway, { principal, model, call: upstreamCall, onTarget: settlement.onTarget });

    const headers = exchange.headers(reservation.states);
    const downgrade = contract.translation.downgradeResponse;
    if (answer.kind === 'json')
      respondJson({ answer, settlement, client, headers, model: model.name, dialect: exchange.dialect, downgrade });
    else await relayAnswer(gateway, { call, events: answer.events, settlement, client, headers });
  } catch (error) {
    settlement.fail(error);
    throw error;
  }
}

function isStream(request: ChatCompletionRequest): boolean {
  return request.stream === true;
}

function upgrade({ translation }: Contract, body: unknown): JsonObject {
  // What is no object is refused by the surface's schema a step later.
  const given = body as JsonObject;
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  return isObject && translation.upgradeRequest !== undefined ? translation.upgradeRequest(given) : given;
}
