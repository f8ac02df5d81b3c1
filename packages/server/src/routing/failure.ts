import { AppError } from '../errors.ts';

/**
 * What is to be done after a target failed:
 * - `again`: the same target may do better after a pause
 * - `elsewhere`: another one may; this one would be late, or refuse our credentials, once more
 * - `final`: it would be the same everywhere, as it is the caller's own mistake or ours
 */
export type Remedy = 'again' | 'elsewhere' | 'final';

export function remedyFor({ code }: AppError): Remedy {
  if (code === 'UPSTREAM_TIMEOUT' || code === 'UPSTREAM_AUTH') return 'elsewhere';
  return code === 'UPSTREAM_ERROR' || code === 'overloaded' ? 'again' : 'final';
}

/** Does the error count for the circuit of the target it came from? A server that refuses a key is up. */
export function speaksAgainstTarget({ code }: AppError): boolean {
  return code === 'UPSTREAM_ERROR' || code === 'UPSTREAM_TIMEOUT' || code === 'overloaded';
}

/** Nobody waits for the answer any more: never sent, as there is nobody to send it to. */
export function givenUp(signal: AbortSignal): AppError {
  return new AppError('UPSTREAM_ERROR', 'The call was given up.', { cause: signal.reason });
}
