import { errors } from 'undici';
import { after, type Clock } from '../clock.ts';
import { errorCode } from '../errors.ts';
import { createGuardedAgent, ForbiddenAddress } from '../outbound/guarded-agent.ts';
import { literalAddress, type EndpointAddresses } from './endpoint-url.ts';
import type { AttemptEnd, Outgoing } from './outgoing-store.ts';
import { signedHeaders } from './signature.ts';

export interface Sent extends AttemptEnd {
  /** What the endpoint asked for by Retry-After; 0: nothing. */
  readonly retryAfterMs: number;
}

/** Sends deliveries to addresses that others name, and only to such as may be asked. */
export interface DeliverySender {
  /** Never throws for what the endpoint does. @throws the reason of `signal` where it is aborted */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Sent>;
  close(): Promise<void>;
}

export interface DeliverySenderOptions {
  readonly clock: Clock;
  readonly addresses: EndpointAddresses;
  /** From the first byte sent to the last one read. */
  readonly timeoutMs: number;
}

/** So much of an answer is kept; the rest is not read. */
const keptBytes = 1_024;
const noAddress = 'The host has no public address that events can be sent to.';

class TimedOut extends Error {}

function codeOf(error: unknown): string | undefined {
  return errorCode(error) ?? (error instanceof Error ? errorCode(error.cause) : undefined);
}

/** Why there was no answer, in words for whoever runs the endpoint. Nothing tells one name without an address from another. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof TimedOut) return `There was no answer within ${timeoutMs / 1_000} seconds.`;
  const code = codeOf(error) ?? '';
  if (error instanceof ForbiddenAddress || /^(FORBIDDEN_ADDRESS|ENOTFOUND|EAI_|ENODATA)/.test(code)) return noAddress;
  if (code === 'ECONNREFUSED') return 'The connection was refused.';
  if (/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)) return 'The connection was closed before there was an answer.';
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'The connection could not be made in time.';
  if (/CERT|SSL|TLS|SELF_SIGNED|SIGNATURE/.test(code)) return `The TLS connection failed (${code}).`;
  if (error instanceof errors.HTTPParserError || /^(HPE_|UND_ERR_)/.test(code)) return 'The answer is not valid HTTP.';
  return code === '' ? 'The connection failed.' : `The connection failed (${code}).`;
}

function errorOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400)
    return `The answer was a redirect (${status}). Redirects are not followed: enter the address it leads to.`;
  return `The answer was ${status}; anything but 2xx counts as failed.`;
}

/** @returns 0 for what is no such header */
function retryAfterMs(header: unknown, nowMs: number): number {
  if (typeof header !== 'string') return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}

/** The beginning of a body; one that breaks off or stalls takes nothing from the answer that came before it. */
async function readBeginning(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of body) {
      parts.push(part);
      size += part.byteLength;
      if (size >= keptBytes) break;
    }
  } catch {
    // What has come is kept.
  }
  return Buffer.concat(parts).subarray(0, keptBytes);
}

/** @throws ForbiddenAddress: it may not be asked */
function requireAddress(url: URL, { mayAsk, isAllowed }: EndpointAddresses): void {
  const literal = literalAddress(url);
  const guard = url.protocol === 'https:' ? mayAsk : isAllowed;
  if (literal !== undefined && !guard(literal)) throw new ForbiddenAddress('the address is not public');
}

/** @param options bounds of one sending */
export function createDeliverySender(options: DeliverySenderOptions): DeliverySender {
  const { clock, addresses, timeoutMs } = options;
  const agents = {
    'https:': createGuardedAgent(addresses.mayAsk),
    'http:': createGuardedAgent(addresses.isAllowed),
  };
  const ask = async ({ eventId, payload, secrets, url: text }: Outgoing, signal: AbortSignal) => {
    const url = new URL(text);
    requireAddress(url, addresses);
    const answer = await agents[url.protocol === 'https:' ? 'https:' : 'http:'].request({
      ...{ origin: url.origin, path: `${url.pathname}${url.search}`, method: 'POST', signal, body: payload },
      headers: {
        ...signedHeaders({ id: eventId, sentAtMs: clock.now(), body: payload, secrets }),
        'content-type': 'application/json',
        'user-agent': 'turnpike-webhooks',
      },
    });
    const { statusCode: status, headers } = answer;
    const body = await readBeginning(answer.body);
    return {
      status,
      body,
      error: errorOfStatus(status),
      retryAfterMs: retryAfterMs(headers['retry-after'], clock.now()),
    };
  };
  return {
    send: async (outgoing, signal) => {
      const startedAtMs = clock.now();
      const patience = new AbortController();
      const stop = after(clock, timeoutMs, () => {
        patience.abort(new TimedOut('no answer in time'));
      });
      const measured = () => ({ startedAtMs, durationMs: Math.max(0, clock.now() - startedAtMs) });
      try {
        const end = await ask(outgoing, AbortSignal.any([signal, patience.signal]));
        return { ...measured(), ...end };
      } catch (error) {
        signal.throwIfAborted();
        const reason = reasonOf(error, timeoutMs);
        return { ...measured(), status: null, body: Buffer.alloc(0), error: reason, retryAfterMs: 0 };
      } finally {
        stop();
      }
    },
    close: async () => {
      await Promise.all(Object.values(agents).map((agent) => agent.destroy()));
    },
  };
}
