import { AppError, errorMessage, toAppError } from '../errors.ts';
import type { Principal } from '../keys/key.ts';
import type { ChatAnswer, ChatCall } from '../providers/provider.ts';
import { orderTargets, type Target } from '../routing/order-targets.ts';
import type { ModelEntry } from './catalog.ts';
import type { Gateway } from './gateway.ts';

export interface RouteOptions {
  readonly principal: Principal;
  readonly model: ModelEntry;
  readonly call: ChatCall;
  readonly onTarget: (target: string) => void;
}

/** A test key never reaches a model that costs something. */
const testTarget: Target = { upstream: 'builtin', model: 'turnpike-demo' };

/** Would another target perhaps do better? The caller's own mistake stays one everywhere. */
function worthAnotherTarget(error: AppError): boolean {
  return (
    error.code === 'UPSTREAM_ERROR' ||
    error.code === 'UPSTREAM_TIMEOUT' ||
    error.code === 'UPSTREAM_AUTH' ||
    error.code === 'overloaded'
  );
}

/**
 * Step 8: asks the model's targets one after the other until one answers. Only before the first byte: once there is
 * an answer, it is the answer.
 * @throws AppError of the last target tried
 */
export async function routeChat(
  gateway: Gateway,
  { principal, model, call, onTarget }: RouteOptions,
): Promise<ChatAnswer> {
  const targets = principal.mode === 'test' ? [testTarget] : orderTargets(model.config.targets, Math.random);
  let last: AppError | undefined;
  const isGivenUp = () => call.signal.aborted;
  for (const target of targets) {
    const provider = gateway.providers.get(target.upstream);
    if (provider === undefined) continue;
    if (isGivenUp()) throw new AppError('UPSTREAM_ERROR', 'The call was given up.', { cause: call.signal.reason });
    onTarget(`${target.upstream}/${target.model}`);
    try {
      return await provider.chat({ ...call, body: { ...call.body, model: target.model } });
    } catch (error) {
      last = toAppError(error);
      if (isGivenUp() || !worthAnotherTarget(last)) throw last;
      gateway.logger.warn(
        {
          requestId: call.requestId,
          target: `${target.upstream}/${target.model}`,
          code: last.code,
          reason: errorMessage(last.cause),
        },
        'a target failed',
      );
    }
  }
  throw last ?? new AppError('UPSTREAM_ERROR', 'No model server is configured for this model.');
}
