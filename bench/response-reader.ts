export interface ReadResponse {
  readonly status: number;
  readonly body: string;
  /** Reads of the socket that brought a part of the body. */
  readonly reads: number;
}

type State = 'head' | 'length' | 'size' | 'chunk';

/**
 * Reads the answers of one kept-alive HTTP/1.1 connection (RFC 9112 §6 and §7.1) at a small part of what an HTTP
 * client costs, so that the core of the load does not bound the server's. Only what the targets send: a length or chunks.
 */
export class ResponseReader {
  readonly #onResponse: (response: ReadResponse) => void;
  #rest = '';
  #state: State = 'head';
  #status = 0;
  #needed = 0;
  #body = '';
  #reads = 0;

  constructor(onResponse: (response: ReadResponse) => void) {
    this.#onResponse = onResponse;
  }

  /** @throws Error for an answer without a length */
  feed(text: string): void {
    this.#rest += text;
    this.#reads += 1;
    while (this.#step());
  }

  #step(): boolean {
    if (this.#state === 'head') return this.#head();
    if (this.#state === 'size') return this.#size();
    // A chunk is followed by a line break of its own.
    const extra = this.#state === 'chunk' ? 2 : 0;
    if (this.#rest.length < this.#needed + extra) return false;
    this.#body += this.#rest.slice(0, this.#needed);
    this.#rest = this.#rest.slice(this.#needed + extra);
    if (this.#state === 'length' || this.#needed === 0) this.#finish();
    else this.#state = 'size';
    return true;
  }

  #head(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const head = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 4);
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      this.#needed = Number(length);
      this.#state = 'length';
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#state = 'size';
    else throw new Error(`status ${String(this.#status)}: an answer without a length`);
    this.#reads = this.#rest === '' ? 0 : 1;
    return true;
  }

  #size(): boolean {
    const end = this.#rest.indexOf('\r\n');
    if (end === -1) return false;
    this.#needed = Number.parseInt(this.#rest.slice(0, end), 16);
    this.#rest = this.#rest.slice(end + 2);
    this.#state = 'chunk';
    return true;
  }

  #finish(): void {
    const response = { status: this.#status, body: this.#body, reads: this.#reads };
    this.#body = '';
    this.#state = 'head';
    this.#onResponse(response);
  }
}
