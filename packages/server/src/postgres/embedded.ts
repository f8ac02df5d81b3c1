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

/** The worker thread and the sockets to it. */
class EmbeddedThread implements EmbeddedServer {
  readonly #worker: Worker;
  readonly #sockets = new Map<number, EmbeddedSocket>();
  readonly ready: Promise<void>;
  #nextConnection = 0;
  #closed: (() => void) | undefined;
  #stopped: Error | undefined;

  constructor(dataDir: string | undefined) {
    const url = new URL('./embedded-worker.ts', import.meta.url);
    this.#worker = new Worker(url, { workerData: { dataDir }, stderr: true, stdout: true });
    this.ready = new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        reject(error);
        this.#failAll(error);
      };
      this.#worker.on('message', (reply: EmbeddedReply) => {
        if (reply.kind === 'ready') resolve();
        else if (reply.kind === 'failed') reject(new Error(reply.message));
        else if (reply.kind === 'broken') fail(new Error(`the embedded database failed: ${reply.message}`));
        else if (reply.kind === 'bytes') this.#sockets.get(reply.connection)?.push(Buffer.from(reply.bytes));
        else this.#closed?.();
      });
      this.#worker.on('error', fail);
      this.#worker.on('exit', () => {
        // A thread that is gone answers nobody: later connections fail at once instead of waiting for ever.
        this.#stopped = new Error('the embedded database has stopped');
        fail(this.#stopped);
      });
    });
  }

  openSocket(): Duplex {
    const connection = this.#nextConnection;
    this.#nextConnection += 1;
    const socket = new EmbeddedSocket({
      send: (bytes) => {
        this.#post({ kind: 'bytes', connection, bytes });
      },
      gone: () => {
        this.#sockets.delete(connection);
        this.#post({ kind: 'reset' });
      },
    });
    if (this.#stopped === undefined) this.#sockets.set(connection, socket);
    else queueMicrotask(() => socket.destroy(this.#stopped));
    return socket;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#post({ kind: 'close' });
    });
    await this.#worker.terminate();
  }

  #post(request: EmbeddedRequest): void {
    this.#worker.postMessage(request);
  }

  #failAll(error: Error): void {
    for (const socket of this.#sockets.values()) socket.destroy(error);
    this.#closed?.();
  }
}

/**
 * Opens PGlite in a worker thread.
 * @param dataDir folder of the database; undefined keeps it in memory
 * @throws Error with the database's own reason when the folder cannot be opened
 */
export async function openEmbedded(dataDir: string | undefined): Promise<EmbeddedServer> {
  const thread = new EmbeddedThread(dataDir);
  await thread.ready;
  return thread;
}
