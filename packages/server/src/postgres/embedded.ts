import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { EmbeddedReply, EmbeddedRequest } from './embedded-messages.ts';

/** The embedded database as seen from the main thread: a source of sockets for `pg`. */
export interface EmbeddedServer {
  /** A stream that node-postgres takes for a socket. */
  openSocket(): Duplex;
  close(): Promise<void>;
}

const terminate = 'X'.charCodeAt(0);

/**
 * A socket to the worker. pg calls connect, setNoDelay, setKeepAlive, ref and unref on it as on a net.Socket.
 * A Terminate message is answered here: the one session behind it has to live on.
 */
class EmbeddedSocket extends Duplex {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #gone: () => void;

  constructor(options: { send: (bytes: Uint8Array) => void; gone: () => void }) {
    super();
    this.#send = options.send;
    this.#gone = options.gone;
  }

  connect(): this {
    queueMicrotask(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    // Bytes are pushed as the worker answers.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#forward(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#forward(Buffer.concat(chunks.map((entry) => entry.chunk)));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#gone();
    done(error);
  }

  #forward(bytes: Buffer): void {
    if (bytes.length === 5 && bytes[0] === terminate) {
      this.push(null);
      this.destroy();
      return;
    }
    this.#send(new Uint8Array(bytes));
  }
}

/**
 * Opens PGlite in a worker thread.
 * @param dataDir folder of the database; undefined keeps it in memory
 * @throws Error with the database's own reason when the folder cannot be opened
 */
export async function openEmbedded(dataDir: string | undefined): Promise<EmbeddedServer> {
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
    workerData: { dataDir },
    stderr: true,
    stdout: true,
  });
  const sockets = new Map<number, EmbeddedSocket>();
  let nextConnection = 0;
  let closed: (() => void) | undefined;
  let stopped: Error | undefined;
  const post = (request: EmbeddedRequest) => {
    worker.postMessage(request);
  };
  await new Promise<void>((resolve, reject) => {
    const failAll = (error: Error) => {
      reject(error);
      for (const socket of sockets.values()) socket.destroy(error);
      closed?.();
    };
    worker.on('message', (reply: EmbeddedReply) => {
      if (reply.kind === 'ready') resolve();
      else if (reply.kind === 'failed') reject(new Error(reply.message));
      else if (reply.kind === 'bytes') sockets.get(reply.connection)?.push(Buffer.from(reply.bytes));
      else if (reply.kind === 'broken') failAll(new Error(`the embedded database failed: ${reply.message}`));
      else closed?.();
    });
    worker.on('error', failAll);
    worker.on('exit', () => {
      // A thread that is gone answers nobody: later connections fail at once instead of waiting for ever.
      stopped = new Error('the embedded database has stopped');
      failAll(stopped);
    });
  });
  return {
    openSocket: () => {
      const connection = nextConnection;
      nextConnection += 1;
      const socket = new EmbeddedSocket({
        send: (bytes) => {
          post({ kind: 'bytes', connection, bytes });
        },
        gone: () => {
          sockets.delete(connection);
          post({ kind: 'reset' });
        },
      });
      if (stopped === undefined) sockets.set(connection, socket);
      else queueMicrotask(() => socket.destroy(stopped));
      return socket;
    },
    close: async () => {
      await new Promise<void>((resolve) => {
        closed = resolve;
        post({ kind: 'close' });
      });
      await worker.terminate();
    },
  };
}
