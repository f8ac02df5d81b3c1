import { createServer, type ServerResponse } from 'node:http';
import { completionBody, embeddingsAnswer, streamEvents } from './chat-payloads.ts';

// A model server that costs as little as it can: PORT and CHUNK_INTERVAL_MS in the environment.
const port = Number(process.env['PORT']);
const intervalMs = Number(process.env['CHUNK_INTERVAL_MS'] ?? '2');
const completion = Buffer.from(completionBody());
const embeddings = Buffer.from(embeddingsAnswer());
const withUsage = streamEvents(true);
const withoutUsage = streamEvents(false);

/** One event a write and a turn of the timer between two, so that each travels alone. */
function stream(response: ServerResponse, includeUsage: boolean): void {
  const { paced, ending } = includeUsage ? withUsage : withoutUsage;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.socket?.setNoDelay(true);
  let next = 0;
  const timer = setInterval(() => {
    const event = paced[next];
    next += 1;
    if (event !== undefined) {
      response.write(event);
      return;
    }
    clearInterval(timer);
    response.end(ending);
  }, intervalMs);
  response.on('close', () => {
    clearInterval(timer);
  });
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces).toString('latin1');
    if (request.method !== 'POST') {
      response.writeHead(404).end();
    } else if (body.includes('"stream":true')) {
      stream(response, body.includes('"include_usage":true'));
    } else {
      const answer = request.url?.endsWith('/embeddings') === true ? embeddings : completion;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    }
  });
});
server.keepAliveTimeout = 600_000;
server.listen(port, '127.0.0.1');
