import { StringDecoder } from 'node:string_decoder';

/** An event larger than this is not an answer of a model but a fault. */
const maxEventCharacters = 16 * 1024 * 1024;

/**
 * Splits a byte stream into Server-Sent Events (WHATWG HTML §9.2.6), whatever the pieces look like: split inside a
 * UTF-8 sequence, inside JSON, several events in one piece. Lines end with LF or CRLF only, so that U+2028 inside a
 * string is text. Only `data` matters here; comments, `event`, `id` and `retry` are passed over.
 */
export class SseParser {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onData: (data: string) => void;
  #rest = '';
  #scanned = 0;
  #data: string | undefined;

  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  /** @throws RangeError when one event exceeds 16 Mi characters */
  push(bytes: Buffer): void {
    const text = this.#rest === '' ? this.#decoder.write(bytes) : this.#rest + this.#decoder.write(bytes);
    let start = 0;
    let end = text.indexOf('\n', this.#scanned);
    while (end !== -1) {
      const last = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
      this.#line(text, start, last);
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
    const length = this.#rest.endsWith('\r') ? this.#rest.length - 1 : this.#rest.length;
    if (length > 0) this.#line(this.#rest, 0, length);
    this.#rest = '';
    this.#dispatch();
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
