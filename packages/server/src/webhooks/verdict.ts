import type { Outgoing, Verdict } from './outgoing-store.ts';
import { retryPauseMs } from './retry-schedule.ts';
import type { Sent } from './send-delivery.ts';

const gone = 410;

/**
 * What becomes of a delivery. A test is tried once, and does no harm.
 * @param random from 0 to 1
 */
export function verdictOf(outgoing: Outgoing, { status, error, retryAfterMs }: Sent, random: number): Verdict {
  if (error === null) return { kind: 'delivered' };
  if (status === gone) return { kind: 'failed', endpoint: 'gone' };
  if (outgoing.eventType === 'webhook.test') return { kind: 'failed', endpoint: 'unharmed' };
  const pauseMs = retryPauseMs(outgoing.tries, random, retryAfterMs);
  return pauseMs === undefined ? { kind: 'failed', endpoint: 'blamed' } : { kind: 'again', pauseMs };
}
