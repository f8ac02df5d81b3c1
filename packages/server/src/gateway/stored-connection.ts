import { errorMessage } from '../errors.ts';
import type { ClaimHandle } from '../idempotency/store.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Gateway } from './gateway.ts';

/** These belong to one answer, not to the record of it. */
const ownHeaders =
  /^(x-request-id|x-?ratelimit.*|ratelimit.*|date|api-version|deprecation|sunset|link|warning|age|x-cache)$/i;

function lasting(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!ownHeaders.test(name)) kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}

/**
 * The client's side of a keyed request answered in one piece: the answer is stored, then sent. A caller who leaves
 * meanwhile does not stop it: the retry finds the answer.
 */
export function storedConnection(gateway: Gateway, claim: ClaimHandle, client: ClientConnection): ClientConnection {
  return {
    sendJson: (status, headers, text) => {
      gateway.idempotency
        .complete(claim, { status, headers: lasting(headers), body: text })
        .catch((error: unknown) => {
          gateway.logger.warn({ reason: errorMessage(error) }, 'an answer could not be stored for replay');
        })
        .finally(() => {
          if (!client.isGone) client.sendJson(status, headers, text);
        });
    },
    openStream: (headers) => {
      client.openStream(headers);
    },
    write: (text) => client.write(text),
    onDrain: (listener) => {
      client.onDrain(listener);
    },
    end: (outcome) => {
      client.end(outcome);
    },
    destroy: () => {
      client.destroy();
    },
    onGone: () => undefined,
    isGone: false,
  };
}
