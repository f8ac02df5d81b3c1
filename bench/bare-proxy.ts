import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';

// The least a Node proxy can do: the yardstick. PORT and UPSTREAM_ORIGIN in the environment.
const pool = new Pool(process.env['UPSTREAM_ORIGIN'] ?? '', { connections: 256, pipelining: 1 });

async function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await pool.request({ method: 'POST', path: request.url ?? '/', headers, body });
  const { 'content-type': type, 'content-length': length } = answer.headers;
  response.statusCode = answer.statusCode;
  if (type !== undefined) response.setHeader('content-type', type);
  if (length !== undefined) response.setHeader('content-length', length);
  answer.body.on('error', () => response.destroy());
  answer.body.pipe(response);
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    forward(request, response, Buffer.concat(pieces)).catch(() => {
      response.writeHead(502).end();
    });
  });
});
server.keepAliveTimeout = 600_000;
server.listen(Number(process.env['PORT']), '127.0.0.1');
