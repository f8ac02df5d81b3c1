import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeCall, FakeVendor } from './fake-upstream-dialects.ts';
import type { ChatScript, FakeAnswer, FakeBody, RenderedEvent, StreamScript } from './fake-upstream-script.ts';
import type { Gate } from './gate.ts';

/** One request and all that its answer needs. */
export interface FakeExchange {
  readonly call: FakeCall;
  readonly vendor: FakeVendor;
  /** The request's body, with the model of the path where the dialect has it there. */
  readonly body: FakeBody;
  readonly response: ServerResponse;
  /** Aborted when the response is over for any reason. */
  readonly signal: AbortSignal;
  readonly id: string;
  /** The gate of scripts that name none of their own. */
  readonly gate: Gate;
  /** So many content events have been written. */
  readonly onChunk: (sent: number) => void;
  /** Called before this side breaks the connection, so that it is not taken for the client's doing. */
  readonly breaking: () => void;
}

async function write(exchange: FakeExchange, bytes: Uint8Array, splitBytes = Infinity): Promise<void> {
  const { response, signal } = exchange;
  for (let start = 0; start < bytes.length && !signal.aborted; start += splitBytes) {
    const accepted = response.write(bytes.subarray(start, Math.min(bytes.length, start + splitBytes)));
    if (!accepted) await once(response, 'drain', { signal }).catch(() => undefined);
    // A turn of the loop each, so that the pieces leave one by one.
    else if (splitBytes !== Infinity) await new Promise(setImmediate);
  }
}

function encodeEvent(stream: StreamScript, { event, data }: RenderedEvent): Uint8Array {
  const name = event === undefined ? '' : `event: ${event}\n`;
  const text = `${stream.comments === true ? ': still here\n\n' : ''}${name}data: ${data}\n\n`;
  return Buffer.from(stream.crlf === true ? text.replaceAll('\n', '\r\n') : text);
}

/** Writes the events of one script, all at once where it says so. */
class EventWriter {
  readonly #exchange: FakeExchange;
  readonly #stream: StreamScript;
  readonly #pending: Uint8Array[] = [];

  constructor(exchange: FakeExchange, stream: StreamScript) {
    this.#exchange = exchange;
    this.#stream = stream;
  }

  async send(event: RenderedEvent): Promise<void> {
    const bytes = encodeEvent(this.#stream, event);
    if (this.#stream.joinAll === true) this.#pending.push(bytes);
    else await write(this.#exchange, bytes, this.#stream.splitBytes);
  }

  async flush(): Promise<void> {
    await write(this.#exchange, Buffer.concat(this.#pending.splice(0)), this.#stream.splitBytes);
  }
}

async function finish(exchange: FakeExchange, stream: StreamScript, writer: EventWriter): Promise<void> {
  const { response, call } = exchange;
  if (stream.dieAfterChunks !== undefined) {
    await writer.flush();
    await new Promise(setImmediate);
    exchange.breaking();
    response.socket?.destroy();
    return;
  }
  if (stream.errorEventAfterChunks !== undefined) await writer.send(call.errorEvent);
  else if (stream.endWithoutDone !== true && call.closing !== undefined) await writer.send(call.closing);
  await writer.flush();
  response.end();
}

async function sendStream(exchange: FakeExchange, script: ChatScript): Promise<void> {
  const { response, signal, call } = exchange;
  const stream = script.stream ?? {};
  const gate = typeof stream.gate === 'object' ? stream.gate : exchange.gate;
  const writer = new EventWriter(exchange, stream);
  response.writeHead(200, { 'content-type': 'text/event-stream', ...script.headers });
  response.flushHeaders();
  let sent = 0;
  let stalled = false;
  const hasLeft = () => signal.aborted;
  for (const event of call.events(script, exchange.body, exchange.id)) {
    if (hasLeft()) return;
    if (event.isChunk || sent > 0) {
      if (sent === stream.dieAfterChunks || sent === stream.errorEventAfterChunks) break;
      if (sent === stream.stallAfterChunks && !stalled) {
        stalled = true;
        await writer.flush();
        await gate.pass(signal);
      } else if (event.isChunk && stream.gate !== undefined && stream.gate !== false) await gate.pass(signal);
      if (event.isChunk && stream.chunkDelayMs !== undefined)
        await sleep(stream.chunkDelayMs, undefined, { signal }).catch(() => undefined);
    }
    await writer.send(event);
    if (!event.isChunk || hasLeft()) continue;
    sent += 1;
    exchange.onChunk(sent);
  }
  if (!hasLeft()) await finish(exchange, stream, writer);
}

/** Sends a whole answer: text as it is, everything else as JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

async function sendChat(exchange: FakeExchange, script: ChatScript): Promise<void> {
  const { response, signal, call, body, id } = exchange;
  if (script.delayMs !== undefined) await sleep(script.delayMs, undefined, { signal }).catch(() => undefined);
  if (script.holdBeforeHead === true)
    await (typeof script.stream?.gate === 'object' ? script.stream.gate : exchange.gate).pass(signal);
  if (signal.aborted) return;
  if (call.isStreamed(body)) await sendStream(exchange, script);
  else sendJson(response, 200, call.json(script, body, id), script.headers);
}

/** Answers as the script says, in the words of the call's dialect. */
export async function sendAnswer(exchange: FakeExchange, answer: FakeAnswer): Promise<void> {
  const { response, vendor } = exchange;
  switch (answer.kind) {
    case 'chat':
      await sendChat(exchange, answer);
      return;
    case 'status': {
      const { status, headers } = answer;
      sendJson(response, status, answer.body ?? vendor.errorBody(status, `Fake status ${String(status)}`), headers);
      return;
    }
    case 'malformed':
      sendJson(response, 200, answer.body, answer.headers);
      return;
    case 'refuse':
      exchange.breaking();
      response.socket?.destroy();
      return;
    case 'raw': {
      const type = exchange.call.isStreamed(exchange.body) ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { 'content-type': type, ...answer.headers });
      await write(exchange, Buffer.from(answer.bytes), answer.splitBytes);
      response.end();
      return;
    }
    case 'socket':
      exchange.breaking();
      response.socket?.end(Buffer.from(answer.bytes));
  }
}
