import { after, type Clock } from '../clock.ts';
import type { CachedAnswer, FoundAnswer } from '../response-cache/response-cache.ts';
import type { ClientConnection } from './client-connection.ts';

/**
 * A connection whose answer is also kept: told once it is whole, within bounds. What fails or breaks off is not, and the
 * client never waits for the keeping.
 * @param options `keep` is given the answer after it has been sent
 */
export function cachedConnection(
  client: ClientConnection,
  options: { readonly maxCharacters: number; readonly keep: (answer: CachedAnswer) => void },
): ClientConnection {
  const { maxCharacters, keep } = options;
  const missed = (headers: readonly string[]) => [...headers, 'X-Cache', 'MISS'];
  let pieces: string[] | undefined = [];
  let characters = 0;
  return {
    sendJson: (status, headers, text) => {
      client.sendJson(status, missed(headers), text);
      if (status === 200 && text.length <= maxCharacters) keep({ kind: 'json', text });
    },
    openStream: (headers) => {
      client.openStream(missed(headers));
    },
    write: (text) => {
      // Comments keep a connection alive; they are no part of the answer.
      if (pieces !== undefined && !text.startsWith(':')) {
        characters += text.length;
        if (characters > maxCharacters) pieces = undefined;
        else pieces.push(text);
      }
      return client.write(text);
    },
    onDrain: (listener) => {
      client.onDrain(listener);
    },
    end: (outcome) => {
      client.end(outcome);
      const whole = pieces;
      pieces = undefined;
      if (outcome === 'complete' && whole !== undefined) keep({ kind: 'stream', text: whole.join('') });
    },
    destroy: () => {
      pieces = undefined;
      client.destroy();
    },
    onGone: (listener) => {
      client.onGone(listener);
    },
    get isGone() {
      return client.isGone;
    },
  };
}

/** Sent at once; events are never cut, so that one larger than this is a piece of its own. */
const pieceCharacters = 16_384;

/** Whole events, about so many characters together. */
function* piecesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n\n', start + pieceCharacters - 2);
    const next = end === -1 ? text.length : end + 2;
    yield text.slice(start, next);
    start = next;
  }
}

/** How long a client may read nothing before it is cut off. */
export interface Patience {
  readonly clock: Clock;
  readonly clientStallTimeoutMs: number;
}

/** Writes a stream of the cache at the client's pace. The head has been sent. */
function replay(client: ClientConnection, text: string, patience: Patience | undefined): void {
  const pieces = piecesOf(text);
  let isOver = false;
  let stopWaiting: (() => void) | undefined;
  const goOn = (): void => {
    stopWaiting?.();
    stopWaiting = undefined;
    while (!isOver) {
      const piece = pieces.next();
      if (piece.done === true) {
        isOver = true;
        client.end('complete');
      } else if (!client.write(piece.value)) break;
    }
    if (isOver || patience === undefined) return;
    stopWaiting = after(patience.clock, patience.clientStallTimeoutMs, () => {
      client.destroy();
    });
  };
  client.onGone(() => {
    isOver = true;
    stopWaiting?.();
  });
  client.onDrain(goOn);
  goOn();
}

/**
 * Sends an answer of the cache: one in one piece, or a stream in a few writes, each when the client has read the one
 * before it.
 * @param headers of the surface; `X-Cache: HIT` and `Age` (seconds, RFC 9111 §5.1) are added
 * @param patience absent: a client that stops reading is waited for as long as it stays
 */
export function sendCached(
  client: ClientConnection,
  answer: FoundAnswer,
  headers: readonly string[],
  patience?: Patience,
): void {
  if (client.isGone) return;
  const all = [...headers, 'X-Cache', 'HIT', 'Age', String(answer.ageSeconds)];
  if (answer.kind === 'json') {
    client.sendJson(200, all, answer.text);
    return;
  }
  client.openStream(all);
  replay(client, answer.text, patience);
}
