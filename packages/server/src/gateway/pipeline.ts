import { ulid } from '../ids.ts';
import type { Principal } from '../keys/key.ts';
import type { JsonObject } from '../providers/provider.ts';
import type { Contract } from '../versions/contract.ts';
import { answerFromCache, cachePolicyOf } from './answer-from-cache.ts';
import { askUpstream } from './ask-upstream.ts';
import { claimExecution } from './claim.ts';
import type { ClientConnection } from './client-connection.ts';
import { entitle, requireOpenTrial, type Entitlement } from './entitle.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { isStream, type Reading } from './reading.ts';
import { KeptConnection } from './kept-connection.ts';
import { relayAnswer } from './relay-answer.ts';
import { reserve } from './reserve.ts';
import { respondJson } from './respond-json.ts';
import { openSettlement } from './settlement.ts';

/** A request that is known, bound to a version and allowed. */
export interface CheckedCall {
  readonly exchange: Exchange;
  readonly principal: Principal;
  readonly contract: Contract;
  readonly reading: Reading;
  readonly entitlement: Entitlement;
}

/**
 * THE ROAD, a call a step (docs/architecture.md). Each step may throw an AppError; the surface renders it. What is
 * reserved is settled exactly once by the settlement, whatever happens after.
 */
export async function runCall(gateway: Gateway, exchange: Exchange): Promise<void> {
  const principal = await exchange.authenticate();
  exchange.onPrincipal(principal);
  requireOpenTrial(principal, gateway.clock.now());

  const contract = gateway.contracts.bind(exchange.route, exchange.apiVersion, principal.pinnedVersion);
  exchange.onContract(contract);
  for (const subject of contract.subjects) gateway.versionUsage.note(principal, subject);

  const read = exchange.read(upgrade(contract, exchange.body), principal);
  const reading = read instanceof Promise ? await read : read;
  const entitlement = entitle(gateway.catalog, principal, reading, exchange.feature);
  const call = { exchange, principal, contract, reading, entitlement };

  const { idempotencyKey: key } = exchange;
  if (key === undefined) {
    await carryOut(gateway, call, exchange.client);
    return;
  }
  const execution = await claimExecution(gateway, { exchange, principal, contract, stream: isStream(reading) }, key);
  if (execution === undefined) return;
  try {
    await carryOut(gateway, call, execution.client);
  } catch (error) {
    await execution.release();
    throw error;
  }
}

/** From the cache where that was asked for, else from a model. */
async function carryOut(gateway: Gateway, call: CheckedCall, client: ClientConnection): Promise<void> {
  const policy = cachePolicyOf(gateway, call);
  const receiver = policy === undefined ? client : await answerFromCache(gateway, call, client, policy);
  if (receiver !== undefined) await askModel(gateway, call, receiver);
}

/** Reserve, route, relay, settle: from here on the request costs something. */
async function askModel(gateway: Gateway, call: CheckedCall, receiver: ClientConnection): Promise<void> {
  const { exchange, principal, entitlement } = call;

  const reservation = await reserve(gateway, principal, entitlement);

  const id = ulid(exchange.startedAtMs);
  const kept = keepBodies(gateway, call, { id, receiver });
  const client = kept ?? receiver;
  const settlement = openSettlement(gateway, { id, call, client, reservation });
  try {
    const answer = await askUpstream(gateway, call, { reservation, settlement });
    const headers = exchange.headers(reservation.states);
    if (exchange.showTarget === true && settlement.target !== undefined)
      headers.push('x-turnpike-target', settlement.target);
    const sending = { call, settlement, client, headers };
    if (answer.kind === 'json') respondJson(answer, sending);
    else await relayAnswer(gateway, answer, sending);
  } catch (error) {
    settlement.fail(error);
    kept?.finish();
    throw error;
  }
}

/** Where the tenant wants requests kept, what is answered is remembered on its way; undefined: it does not. */
function keepBodies(
  { keptBodies }: Gateway,
  { exchange, principal }: CheckedCall,
  { id, receiver }: { readonly id: string; readonly receiver: ClientConnection },
): KeptConnection | undefined {
  const { keptBodiesDays: days, tenantId } = principal;
  if (days === undefined) return undefined;
  return new KeptConnection(receiver, (answer) => {
    keptBodies.keep({ id, tenantId, days }, { request: JSON.stringify(exchange.body), answer });
  });
}

function upgrade({ translation }: Contract, body: unknown): JsonObject {
  // What is no object is refused by the surface's schema a step later.
  const given = body as JsonObject;
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  return isObject && translation.upgradeRequest !== undefined ? translation.upgradeRequest(given) : given;
}
