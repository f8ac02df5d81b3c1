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
      if (status === 200) keep({ kind: 'json', text });
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
      if (outcome === 'complete' && pieces !== undefined) keep({ kind: 'stream', text: pieces.join('') });
    },
    destroy: () => {
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

/** Sends an answer of the cache. */
export function sendCached(client: ClientConnection, answer: FoundAnswer, headers: readonly string[]): void {
  const all = [...headers, 'X-Cache', 'HIT', 'Age', String(answer.ageSeconds)];
  if (answer.kind === 'json') {
    client.sendJson(200, all, answer.text);
    return;
  }
  client.openStream(all);
  // Bounded by the largest entry: the connection may hold it while a slow client reads.
  client.write(answer.text);
  client.end('complete');
}
