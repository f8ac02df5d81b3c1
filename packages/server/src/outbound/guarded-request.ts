import { isIP } from 'node:net';
import { AppError, errorMessage } from '../errors.ts';
import type { AddressGuard } from './address-guard.ts';
import { createGuardedAgent, ForbiddenAddress } from './guarded-agent.ts';

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Asks servers that configuration or callers name, and only such as the guard lets through. */
export interface OutboundClient {
  /** @throws AppError TOOL_FAILED: a forbidden address, no connection, a redirect, an answer that is too large */
  request(request: OutboundRequest): Promise<OutboundAnswer>;
  close(): Promise<void>;
}

function forbidden(host: string): AppError {
  return new AppError(
    'TOOL_FAILED',
    `${host} is not a public address. The operator can allow it in tools.allowed_networks.`,
  );
}

async function readBounded(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.byteLength;
    if (size > maxBytes) throw new AppError('TOOL_FAILED', `The server's answer is larger than ${maxBytes} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** @param maxBytes of one answer */
export function createOutboundClient(options: {
  readonly guard: AddressGuard;
  readonly maxBytes: number;
}): OutboundClient {
  const { guard, maxBytes } = options;
  const agent = createGuardedAgent(guard);
  return {
    request: async ({ method, url, headers, body, signal }) => {
      const { origin, pathname, search, protocol, hostname } = new URL(url);
      if (protocol !== 'https:' && protocol !== 'http:')
        throw new AppError('TOOL_FAILED', 'Only http and https addresses can be asked.');
      // An address is connected to without a look-up.
      const literal = hostname.replace(/^\[|\]$/g, '');
      if (isIP(literal) !== 0 && !guard(literal)) throw forbidden(hostname);
      try {
        const answer = await agent.request({
          ...{ origin, path: `${pathname}${search}`, method, signal },
          headers: { accept: 'application/json', 'user-agent': 'turnpike', ...headers },
          ...(body === undefined ? {} : { body }),
        });
        const text = await readBounded(answer.body, maxBytes);
        const type = answer.headers['content-type'];
        const status = answer.statusCode;
        // A redirect could lead anywhere: it is the operator's to name the right address.
        if (status >= 300 && status < 400) throw new AppError('TOOL_FAILED', `${origin} answered with a redirect.`);
        return { status, contentType: typeof type === 'string' ? type : '', text };
      } catch (error) {
        if (error instanceof AppError) throw error;
        signal.throwIfAborted();
        if (error instanceof ForbiddenAddress) throw forbidden(hostname);
        throw new AppError('TOOL_FAILED', `${hostname} could not be asked.`, { cause: errorMessage(error) });
      }
    },
    close: () => agent.destroy(),
  };
}
