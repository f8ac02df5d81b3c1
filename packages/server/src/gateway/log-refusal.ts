import { errorMessage, type AppError } from '../errors.ts';
import type { Principal } from '../keys/key.ts';
import type { Gateway } from './gateway.ts';

interface Refusal {
  readonly requestId: string;
  readonly surface: string;
  readonly principal: Principal | undefined;
  readonly error: AppError;
}

/** One log line for a request that was answered with an error; a fault of ours comes with its cause. */
export function logRefusal({ logger, metrics }: Gateway, { requestId, surface, principal, error }: Refusal): void {
  metrics.refused(surface, error.code);
  const fields = {
    requestId,
    surface,
    tenant: principal?.tenantId,
    key: principal?.keyId,
    code: error.code,
    httpStatus: error.definition.status,
  };
  if (error.definition.status < 500) {
    logger.info(fields, 'refused');
    return;
  }
  // A driver's message may hold query parameters; the reason below it does not.
  const { cause } = error;
  const root = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const stack = error.code === 'INTERNAL_ERROR' && root instanceof Error ? { stack: root.stack } : {};
  logger.error({ ...fields, reason: errorMessage(root ?? error), ...stack }, 'failed');
}
