import type { FastifyReply } from 'fastify';
import type { ClientConnection } from '../client-connection.ts';

/** The caller's side of a request over Fastify's raw response: the framework is out of the way from here on. */
export function connectionOf(reply: FastifyReply): ClientConnection {
  const { raw } = reply;
  let goneListeners: (() => void)[] = [];
  let gone = raw.destroyed;
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
      raw.writeHead(status, [
        ...headers,
        'content-type',
        'application/json; charset=utf-8',
        'content-length',
        String(Buffer.byteLength(text)),
      ]);
      raw.end(text);
    },
    openStream: (headers) => {
      reply.hijack();
      raw.writeHead(200, [
        ...headers,
        'content-type',
        'text/event-stream; charset=utf-8',
        'cache-control',
        'no-cache, no-transform',
        'x-accel-buffering',
        'no',
      ]);
    },
    write: (text) => raw.write(text),
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
