import { Server } from 'node:net';

// Preloaded into Portkey's gateway, which is otherwise run as published.

// It cannot be told where to listen: `listen(port, …)` becomes `listen(port, '127.0.0.1', …)`.
const { prototype } = Server;
const listen: unknown = Reflect.get(prototype, 'listen');
if (typeof listen !== 'function') throw new Error('net.Server has no listen');
prototype.listen = function (this: Server, ...given: unknown[]): Server {
  const [port] = given;
  const callback = given.find((argument) => typeof argument === 'function');
  if (typeof port !== 'number') return Reflect.apply(listen, this, given) as Server;
  return Reflect.apply(listen, this, [port, '127.0.0.1', ...(callback === undefined ? [] : [callback])]) as Server;
};

// Gateway 1.15.2 adds headers to the answer of `fetch`, whose headers cannot be changed: with the @hono/node-server it
// resolves to today (1.19), every stream ends in a 500 "immutable". A stream gets headers of its own here, once.
const { fetch, Response } = globalThis;
globalThis.fetch = async (...given) => {
  const answer = await fetch(...given);
  if (answer.headers.get('content-type')?.startsWith('text/event-stream') !== true) return answer;
  return new Response(answer.body, { status: answer.status, headers: new Headers(answer.headers) });
};
