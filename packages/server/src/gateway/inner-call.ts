import { newRequestId } from '../ids.ts';
import { CapturedConnection, type CapturedAnswer } from './captured-connection.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { runCall } from './pipeline.ts';

/** What is known of a call that this process makes itself; the rest of an exchange says that nobody outside waits. */
export interface InnerCall extends Pick<
  Exchange,
  'surface' | 'route' | 'body' | 'read' | 'authenticate' | 'feature' | 'priceFactor'
> {
  readonly signal: AbortSignal;
  /** Absent: a new one. */
  readonly requestId?: string;
  /** Absent: now. */
  readonly startedAtMs?: number;
  /** Absent: what the caller is pinned to, else the latest. */
  readonly apiVersion?: string;
  readonly onPrincipal?: Exchange['onPrincipal'];
}

/**
 * A call from inside the process, on the same road as those from outside: counted, metered and billed like them.
 * @returns the answer in one piece; undefined: it was given up
 * @throws AppError as the road does
 */
export async function callInside(gateway: Gateway, call: InnerCall): Promise<CapturedAnswer | undefined> {
  const { signal, requestId, startedAtMs, apiVersion, onPrincipal, ...exchange } = call;
  const client = new CapturedConnection(signal);
  await runCall(gateway, {
    ...{ ...exchange, client, apiVersion, idempotencyKey: undefined, query: undefined, waitMs: 0 },
    requestId: requestId ?? newRequestId(),
    startedAtMs: startedAtMs ?? gateway.clock.now(),
    resumption: { after: 0, withIds: false },
    renderStreamError: () => '',
    headers: () => [],
    onPrincipal: onPrincipal ?? (() => undefined),
    onContract: () => undefined,
  });
  return client.answer;
}
