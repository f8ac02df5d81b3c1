import { StringDecoder } from 'node:string_decoder';

/** An event larger than this is not an answer of a model but a fault. */
const maxEventCharacters = 16 * 1024 * 1024;

/**
 * Splits a byte stream into Server-Sent Events (WHATWG HTML §9.2.6), whatever the pieces look like: split inside a
 * UTF-8 sequence, inside JSON, several events in one piece. Lines end with LF, CRLF or CR, and nothing else: U+2028 inside a
 * string is text. Only `data` matters here; comments, `event`, `id` and `retry` are passed over.
 */
export class SseParser {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onData: (data: string) => void;
  #rest = '';
  #scanned = 0;
  #isFirst = true;
  #endedWithCr = false;
  #data: string | undefined;

  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  /** @throws RangeError when one event exceeds 16 Mi characters */
  push(bytes: Buffer): void {
    const fresh = this.#normalise(this.#decoder.write(bytes));
    const text = this.#rest === '' ? fresh : this.#rest + fresh;
    let start = 0;
    let end = text.indexOf('\n', this.#scanned);
    while (end !== -1) {
      this.#line(text, start, end);
      start = end + 1;
      end = text.indexOf('\n', start);
    }
    this.#rest = start === 0 ? text : text.slice(start);
    this.#scanned = this.#rest.length;
    if (this.#rest.length + (this.#data?.length ?? 0) > maxEventCharacters)
      throw new RangeError('an event of the stream is too large');
  }

  /** The stream has ended: an event without its closing line break or blank line still counts. */
  end(): void {
    if (this.#rest !== '') this.#line(this.#rest, 0, this.#rest.length);
    this.#rest = '';
    this.#dispatch();
  }

  /** Line ends become LF; a CR at the end of a piece may be half of a CRLF. A byte order mark at the start is dropped. */
  #normalise(piece: string): string {
    let text = piece;
    if (this.#isFirst && text !== '') {
      this.#isFirst = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (this.#endedWithCr && text !== '') {
      this.#endedWithCr = false;
      if (text.charCodeAt(0) === 10) text = text.slice(1);
    }
    if (!text.includes('\r')) return text;
    this.#endedWithCr = text.endsWith('\r');
    return text.replace(/\r\n?/g, '\n');
  }

  #line(text: string, start: number, end: number): void {
    if (start === end) {
      this.#dispatch();
      return;
    }
    if (!text.startsWith('data', start)) return;
    const colon = start + 4;
    if (colon === end) {
      this.#append('');
      return;
    }
    if (text.charCodeAt(colon) !== 58) return;
    const value = text.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1;
    this.#append(text.slice(Math.min(value, end), end));
  }

  #append(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }

  #dispatch(): void {
    if (this.#data === undefined) return;
    const data = this.#data;
    this.#data = undefined;
    this.#onData(data);
  }
}
