import { PGlite } from '@electric-sql/pglite';
import { pg_trgm as trigrams } from '@electric-sql/pglite/contrib/pg_trgm';
import { vector } from '@electric-sql/pglite-pgvector';
import { parentPort, workerData } from 'node:worker_threads';
import type { EmbeddedReply, EmbeddedRequest } from './embedded-messages.ts';

/**
 * The embedded database lives in this thread, so that a slow query cannot stall the event loop that serves requests.
 * It is spoken to in the PostgreSQL wire protocol: bytes in, bytes out, one at a time.
 */
async function main(): Promise<void> {
  if (parentPort === null) throw new Error('embedded-worker runs as a worker thread');
  const port = parentPort;
  const reply = (message: EmbeddedReply) => {
    port.postMessage(message);
  };
  const { dataDir } = workerData as { dataDir: string | undefined };
  let database: PGlite;
  try {
    database = await PGlite.create({
      extensions: { pg_trgm: trigrams, vector },
      ...(dataDir === undefined ? {} : { dataDir }),
    });
  } catch (error) {
    reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    return;
  }
  reply({ kind: 'ready' });
  let queue: Promise<void> = Promise.resolve();
  port.on('message', (request: EmbeddedRequest) => {
    queue = queue
      .then(async () => {
        if (request.kind === 'close') {
          await database.close();
          reply({ kind: 'closed' });
          port.close();
          return;
        }
        if (request.kind === 'reset') {
          await database.exec('ROLLBACK');
          return;
        }
        const bytes = await database.execProtocolRaw(request.bytes);
        reply({ kind: 'bytes', connection: request.connection, bytes: new Uint8Array(bytes) });
      })
      .catch((error: unknown) => {
        reply({ kind: 'broken', message: error instanceof Error ? error.message : String(error) });
      });
  });
}

await main();
