import { Server } from 'node:net';

// Preloaded into a peer that cannot be told where to listen: `listen(port, …)` becomes `listen(port, '127.0.0.1', …)`.
const listen = Server.prototype.listen;
Server.prototype.listen = function (this: Server, ...given: unknown[]): Server {
  const [port] = given;
  const callback = given.find((argument) => typeof argument === 'function');
  if (typeof port !== 'number') return Reflect.apply(listen, this, given) as Server;
  return Reflect.apply(listen, this, [port, '127.0.0.1', ...(callback === undefined ? [] : [callback])]) as Server;
};
