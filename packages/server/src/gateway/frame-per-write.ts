import type { ClientConnection } from './client-connection.ts';

/** A connection that writes whole events one by one, for clients that take each piece they read for whole events. */
export function framePerWrite(client: ClientConnection): ClientConnection {
  return {
    sendJson: (status, headers, text) => {
      client.sendJson(status, headers, text);
    },
    openStream: (headers) => {
      client.openStream(headers);
    },
    write: (text) => {
      let isTaken = true;
      let start = 0;
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n', start)) {
        isTaken = client.write(text.slice(start, end + 2));
        start = end + 2;
      }
      return isTaken;
    },
    onDrain: (listener) => {
      client.onDrain(listener);
    },
    end: (outcome) => {
      client.end(outcome);
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
