import { AppError, errorMessage, toAppError } from '../errors.ts';
import type { ChatAnswer, JsonObject, Provider, ProviderCall } from '../providers/provider.ts';
import { orderTargets, type Target } from '../routing/order-targets.ts';
import { targetsInRegion } from '../routing/region.ts';
import type { Gateway } from './gateway.ts';
import type { CheckedCall } from './pipeline.ts';
import { isStream, type Reading } from './reading.ts';
import type { Reserved } from './reserve.ts';
import type { Settlement } from './settlement.ts';
import { upstreamBody } from './upstream-body.ts';

/** A test key never reaches a model that costs something. */
const testTargets: Readonly<Record<Reading['kind'], Target>> = {
  chat: { upstream: 'builtin', model: 'turnpike-demo' },
  embeddings: { upstream: 'builtin', model: 'turnpike-demo-embedding' },
  moderation: { upstream: 'builtin', model: 'turnpike-demo' },
};

/** Has the upstream such a kind of call, and words for the request? */
function serves(provider: Provider | undefined, reading: Reading): boolean {
  if (provider === undefined) return false;
  if (reading.kind === 'embeddings') return provider.embed !== undefined;
  if (reading.kind === 'moderation') return provider.moderate !== undefined;
  return reading.gap === undefined || provider.speaks === reading.native?.request.protocol;
}

interface Asking {
  readonly body: JsonObject;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly credential?: string;
  readonly largestAnswerTokens: number;
}

/** One call to one target. */
function ask(
  provider: Provider,
  target: Target,
  reading: Reading,
  { largestAnswerTokens, ...asking }: Asking,
): Promise<ChatAnswer> {
  const call: ProviderCall = { ...asking, body: { ...asking.body, model: target.model } };
  if (reading.kind === 'chat') {
    const { native } = reading;
    return provider.chat({
      ...call,
      stream: isStream(reading),
      largestAnswerTokens,
      ...(native === undefined ? {} : { native: native.request }),
    });
  }
  const answered = reading.kind === 'embeddings' ? provider.embed?.(call) : provider.moderate?.(call);
  if (answered === undefined) throw new TypeError(`the upstream ${target.upstream} has no ${reading.kind}`);
  return answered;
}

function targetsOf(gateway: Gateway, { exchange, principal, reading, entitlement }: CheckedCall): readonly Target[] {
  const { targets: configured } = entitlement.model.config;
  const targets = principal.mode === 'test' ? [testTargets[reading.kind]] : configured;
  const able = targets.filter(({ upstream }) => serves(gateway.providers.get(upstream), reading));
  if (able.length === 0 && reading.kind === 'chat' && reading.gap !== undefined) throw reading.gap;
  if (able.length === 0)
    throw new AppError(
      'UNSUPPORTED_CAPABILITY',
      `The upstreams of ${JSON.stringify(entitlement.model.name)} have no ${reading.kind}.`,
      { param: 'model' },
    );
  if (principal.mode === 'test') return able;
  const demands = [principal.region, exchange.region];
  return orderTargets(targetsInRegion(able, demands, gateway.regionOf), Math.random);
}

function targetName({ upstream, model }: Target): string {
  return `${upstream}/${model}`;
}

/**
 * Step 8: asks the model's targets until one answers (routing/router.ts). Only before the first byte: once there is an
 * answer, it is the answer.
 * @throws AppError of the last target tried, REGION_NOT_AVAILABLE, byok_provider_missing
 */
export async function askUpstream(
  gateway: Gateway,
  call: CheckedCall,
  { reservation, settlement }: { readonly reservation: Reserved; readonly settlement: Settlement },
): Promise<ChatAnswer> {
  const { exchange, principal, reading, entitlement } = call;
  const { requestId } = exchange;
  const { signal, attempts } = settlement;
  const isByok = entitlement.model.config.byok;
  const choices = reading.kind === 'chat' ? (reading.request.n ?? 1) : 1;
  const asking = {
    ...{ requestId, signal },
    body: upstreamBody(reading, entitlement, reservation),
    largestAnswerTokens: Math.max(1, Math.floor(reservation.outputTokens / choices)),
  };
  const attempt = async (target: Target): Promise<ChatAnswer> => {
    const provider = gateway.providers.get(target.upstream);
    if (provider === undefined) throw new TypeError(`there is no upstream ${target.upstream}`);
    const credential = isByok ? await gateway.credentialFor(principal, target.upstream) : undefined;
    settlement.onTarget(targetName(target));
    try {
      return await ask(provider, target, reading, credential === undefined ? asking : { ...asking, credential });
    } catch (error) {
      if (!signal.aborted) logFailure(gateway, requestId, target, toAppError(error));
      throw error;
    }
  };
  const routed = await gateway.router.route({
    targets: targetsOf(gateway, call),
    ...{ signal, attempt, attempts },
    account: isByok ? principal.tenantId : undefined,
  });
  settlement.onAnswer(routed);
  return routed.answer;
}

function logFailure({ logger }: Gateway, requestId: string, target: Target, error: AppError): void {
  const reason = errorMessage(error.cause);
  logger.warn({ requestId, target: targetName(target), code: error.code, reason }, 'a target failed');
}
