import type { FastifyReply } from 'fastify';
import type { ClientConnection } from '../client-connection.ts';

const streamHead = [
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
];

const jsonHead = ['content-type', 'application/json; charset=utf-8'];

/** The caller's side of a request over Fastify's raw response: the framework is out of the way from here on. */
export function connectionOf(reply: FastifyReply): ClientConnection {
  const { raw } = reply;
  let goneListeners: (() => void)[] = [];
  let gone = raw.destroyed;
  let hasWritten = false;
  raw.once('close', () => {
    if (raw.writableFinished) return;
    gone = true;
    for (const listener of goneListeners) listener();
    goneListeners = [];
  });
  // A broken pipe is told by 'close'; without a listener the error would end the process.
  raw.on('error', () => undefined);
  return {
    sendJson: (status, headers, text) => {
      reply.hijack();
      const bytes = Buffer.from(text);
      raw.writeHead(status, [...headers, ...jsonHead, 'content-length', String(bytes.length)]);
      raw.end(bytes);
    },
    openStream: (headers) => {
      reply.hijack();
      raw.writeHead(200, [...headers, ...streamHead]);
      // The head leaves with the first write; where that is yet to come, the client learns now that it will.
      setImmediate(() => {
        if (!hasWritten && !raw.destroyed) raw.flushHeaders();
      });
    },
    write: (text) => {
      hasWritten = true;
      return raw.write(text);
    },
    onDrain: (listener) => void raw.on('drain', listener),
    end: () => void raw.end(),
    destroy: () => void raw.destroy(),
    onGone: (listener) => {
      if (gone) listener();
      else goneListeners.push(listener);
    },
    get isGone() {
      return gone;
    },
  };
}
