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

function cannot(target: Target, kind: string): AppError {
  return new AppError('UPSTREAM_ERROR', 'The model server has no such kind of call. The operator has been told.', {
    cause: new Error(`the upstream ${target.upstream} has no ${kind}`),
  });
}

interface Asking {
  readonly body: JsonObject;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly credential?: string;
}

/** One call to one target. */
function ask(provider: Provider, target: Target, reading: Reading, asking: Asking): Promise<ChatAnswer> {
  const call: ProviderCall = { ...asking, body: { ...asking.body, model: target.model } };
  if (reading.kind === 'chat') {
    const { native } = reading;
    return provider.chat({
      ...call,
      stream: isStream(reading),
      ...(native === undefined ? {} : { native: native.request }),
    });
  }
  const answered = reading.kind === 'embeddings' ? provider.embed?.(call) : provider.moderate?.(call);
  if (answered === undefined) throw cannot(target, reading.kind);
  return answered;
}

function targetsOf(gateway: Gateway, { exchange, principal, reading, entitlement }: CheckedCall): readonly Target[] {
  if (principal.mode === 'test') return [testTargets[reading.kind]];
  const { targets } = entitlement.model.config;
  const demands = [principal.region, exchange.region];
  return orderTargets(targetsInRegion(targets, demands, gateway.regionOf), Math.random);
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
  const asking = { body: upstreamBody(reading, entitlement, reservation), requestId, signal };
  const attempt = async (target: Target): Promise<ChatAnswer> => {
    const provider = gateway.providers.get(target.upstream);
    if (provider === undefined) throw cannot(target, 'provider');
    const credential = entitlement.model.config.byok
      ? await gateway.credentialFor(principal, target.upstream)
      : undefined;
    settlement.onTarget(targetName(target));
    try {
      return await ask(provider, target, reading, credential === undefined ? asking : { ...asking, credential });
    } catch (error) {
      if (!signal.aborted) logFailure(gateway, requestId, target, toAppError(error));
      throw error;
    }
  };
  const routed = await gateway.router.route({ targets: targetsOf(gateway, call), signal, attempt, attempts });
  settlement.onAnswer(routed);
  return routed.answer;
}

function logFailure({ logger }: Gateway, requestId: string, target: Target, error: AppError): void {
  const reason = errorMessage(error.cause);
  logger.warn({ requestId, target: targetName(target), code: error.code, reason }, 'a target failed');
}
