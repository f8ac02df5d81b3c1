import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isObject,
  renderEvents,
  renderJson,
  type ChatScript,
  type FakeAnswer,
  type FakeBody,
  type StreamScript,
} from './fake-upstream-script.ts';
import { createGate, type Gate } from './gate.ts';

/** What the upstream saw of one request, kept up to date while it is answered. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: FakeBody;
  readonly bodyText: string;
  readonly receivedAtMs: number;
  /** Content events written so far. */
  chunksSent: number;
  /** The client closed the connection before the answer was complete. */
  aborted: boolean;
  abortedAtMs: number | null;
  /** The answer, or what there was of it, is over. */
  finished: boolean;
}

/** One answer; answers for one request after another (the last one stays); or what to answer this request. */
export type Script = FakeAnswer | readonly FakeAnswer[] | ((request: RecordedRequest) => FakeAnswer);

export interface FakeUpstreamCounts {
  readonly requests: number;
  readonly chat: number;
  readonly aborted: number;
  readonly open: number;
  readonly peakOpen: number;
}

export interface FakeUpstream {
  /** Base URL up to and including /v1. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  readonly counts: FakeUpstreamCounts;
  /** The gate of scripts that name none of their own. */
  readonly gate: Gate;
  /** How chat requests are answered from now on, unless their model has a script. */
  respond(script: Script): void;
  /** How chat requests for one model are answered: tests that share an upstream use a model each. */
  script(model: string, script: Script): void;
  /** `gate.release`. */
  release(count?: number): void;
  /** Resolves when `condition` holds; looked at whenever a request comes, goes or is sent a chunk. */
  until(condition: () => boolean): Promise<void>;
  requestsFor(model: string): readonly RecordedRequest[];
  close(): Promise<void>;
}

export interface FakeUpstreamOptions {
  /** Requests without this Bearer token are answered 401. */
  readonly apiKey?: string;
  /** What GET /v1/models lists, besides models that have a script. */
  readonly models?: readonly string[];
  readonly port?: number;
}

interface State {
  readonly options: FakeUpstreamOptions;
  readonly requests: RecordedRequest[];
  readonly scripts: Map<string, () => Script>;
  readonly gate: Gate;
  fallback: () => Script;
  readonly watchers: Set<() => void>;
  open: number;
  peakOpen: number;
}

interface Exchange {
  readonly state: State;
  readonly record: RecordedRequest;
  readonly response: ServerResponse;
  /** Aborted when the response is over for any reason. */
  readonly signal: AbortSignal;
  readonly id: string;
  /** Called before this side breaks the connection, so that it is not taken for the client's doing. */
  readonly breaking: () => void;
}

const isChat = (record: RecordedRequest) => record.method === 'POST' && record.path === '/v1/chat/completions';

/** Each request takes the next answer of a list; a fresh closure a script keeps the count. */
function sequence(script: Script): () => Script {
  if (!Array.isArray(script)) return () => script;
  const answers: readonly FakeAnswer[] = script;
  let next = 0;
  return () => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return answer ?? { kind: 'chat' };
  };
}

function answerFor(state: State, record: RecordedRequest): FakeAnswer {
  const model = record.body['model'];
  const script = ((typeof model === 'string' ? state.scripts.get(model) : undefined) ?? state.fallback)();
  if (typeof script === 'function') return script(record);
  return 'kind' in script ? script : { kind: 'chat' };
}

function changed(state: State): void {
  for (const watcher of [...state.watchers]) watcher();
}

async function write(exchange: Exchange, bytes: Uint8Array, splitBytes = Infinity): Promise<void> {
  const { response, signal } = exchange;
  for (let start = 0; start < bytes.length && !signal.aborted; start += splitBytes) {
    const accepted = response.write(bytes.subarray(start, Math.min(bytes.length, start + splitBytes)));
    if (!accepted) await once(response, 'drain', { signal }).catch(() => undefined);
    // A turn of the loop each, so that the pieces leave one by one.
    else if (splitBytes !== Infinity) await new Promise(setImmediate);
  }
}

function encodeEvent(stream: StreamScript, data: string): Uint8Array {
  const text = `${stream.comments === true ? ': still here\n\n' : ''}data: ${data}\n\n`;
  return Buffer.from(stream.crlf === true ? text.replaceAll('\n', '\r\n') : text);
}

async function sendStream(exchange: Exchange, script: ChatScript): Promise<void> {
  const { response, record, signal, state } = exchange;
  const stream = script.stream ?? {};
  const gate = typeof stream.gate === 'object' ? stream.gate : state.gate;
  const pending: Uint8Array[] = [];
  const send = async (data: string) => {
    const bytes = encodeEvent(stream, data);
    if (stream.joinAll === true) pending.push(bytes);
    else await write(exchange, bytes, stream.splitBytes);
  };
  const flush = () => write(exchange, Buffer.concat(pending.splice(0)), stream.splitBytes);
  response.writeHead(200, { 'content-type': 'text/event-stream', ...script.headers });
  response.flushHeaders();
  let sent = 0;
  let stalled = false;
  const hasLeft = () => signal.aborted;
  for (const event of renderEvents(script, record.body, exchange.id)) {
    if (signal.aborted) return;
    if (event.isChunk || sent > 0) {
      if (sent === stream.dieAfterChunks || sent === stream.errorEventAfterChunks) break;
      if (sent === stream.stallAfterChunks && !stalled) {
        stalled = true;
        await flush();
        await gate.pass(signal);
      } else if (event.isChunk && stream.gate !== undefined && stream.gate !== false) await gate.pass(signal);
      if (event.isChunk && stream.chunkDelayMs !== undefined)
        await sleep(stream.chunkDelayMs, undefined, { signal }).catch(() => undefined);
    }
    await send(event.data);
    if (!event.isChunk || hasLeft()) continue;
    sent += 1;
    record.chunksSent = sent;
    changed(state);
  }
  if (signal.aborted) return;
  if (stream.dieAfterChunks !== undefined) {
    await flush();
    await new Promise(setImmediate);
    exchange.breaking();
    response.socket?.destroy();
    return;
  }
  if (stream.errorEventAfterChunks !== undefined)
    await send(
      JSON.stringify({
        error: { message: 'The model stopped working', type: 'server_error', code: null, param: null },
      }),
    );
  else if (stream.endWithoutDone !== true) await send('[DONE]');
  await flush();
  response.end();
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text =
    typeof body === 'string'
      ? body
      : JSON.stringify(
          body ?? { error: { message: `Fake status ${String(status)}`, type: 'fake', code: null, param: null } },
        );
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

async function sendAnswer(exchange: Exchange, answer: FakeAnswer): Promise<void> {
  const { response, record, signal, state } = exchange;
  const streamed = record.body['stream'] === true;
  switch (answer.kind) {
    case 'chat': {
      if (answer.delayMs !== undefined) await sleep(answer.delayMs, undefined, { signal }).catch(() => undefined);
      if (answer.holdBeforeHead === true)
        await (typeof answer.stream?.gate === 'object' ? answer.stream.gate : state.gate).pass(signal);
      if (signal.aborted) return;
      if (streamed) await sendStream(exchange, answer);
      else sendJson(response, 200, renderJson(answer, record.body, exchange.id), answer.headers);
      return;
    }
    case 'status':
      sendJson(response, answer.status, answer.body, answer.headers);
      return;
    case 'malformed':
      sendJson(response, 200, answer.body, answer.headers);
      return;
    case 'refuse':
      exchange.breaking();
      response.socket?.destroy();
      return;
    case 'raw':
      response.writeHead(200, {
        'content-type': streamed ? 'text/event-stream' : 'application/json',
        ...answer.headers,
      });
      await write(exchange, Buffer.from(answer.bytes), answer.splitBytes);
      response.end();
      return;
    case 'socket':
      exchange.breaking();
      response.socket?.end(Buffer.from(answer.bytes));
  }
}

function parseBody(text: string): FakeBody {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bodyText = (await buffer(request)).toString('utf8');
  const path = new URL(request.url ?? '/', 'http://fake').pathname;
  const record: RecordedRequest = {
    method: request.method ?? '',
    path,
    headers: request.headers,
    body: parseBody(bodyText),
    bodyText,
    receivedAtMs: Date.now(),
    chunksSent: 0,
    aborted: false,
    abortedAtMs: null,
    finished: false,
  };
  const over = new AbortController();
  let ours = false;
  response.on('close', () => {
    record.finished = true;
    state.open -= 1;
    if (!response.writableFinished && !ours) {
      record.aborted = true;
      record.abortedAtMs = Date.now();
    }
    over.abort();
    changed(state);
  });
  response.on('error', () => undefined);
  state.requests.push(record);
  state.open += 1;
  state.peakOpen = Math.max(state.peakOpen, state.open);
  changed(state);
  const { apiKey, models } = state.options;
  if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
    sendJson(response, 401, {
      error: {
        message: 'Incorrect API key provided',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_api_key',
      },
    });
  } else if (isChat(record)) {
    const exchange: Exchange = {
      state,
      record,
      response,
      signal: over.signal,
      id: `chatcmpl-fake-${String(state.requests.length)}`,
      breaking: () => {
        ours = true;
      },
    };
    await sendAnswer(exchange, answerFor(state, record));
  } else if (record.method === 'GET' && path === '/v1/models') {
    const names = [...(models ?? ['fake-model']), ...state.scripts.keys()];
    sendJson(response, 200, {
      object: 'list',
      data: names.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'fake' })),
    });
  } else
    sendJson(response, 404, {
      error: { message: `No such path: ${path}`, type: 'invalid_request_error', param: null, code: null },
    });
}

/**
 * A real OpenAI-compatible server on 127.0.0.1 that behaves as scripts tell it, for tests of the road. Without a
 * script it answers `You said: <last user text>`.
 */
export async function startFakeUpstream(options: FakeUpstreamOptions = {}): Promise<FakeUpstream> {
  const state: State = {
    options,
    requests: [],
    scripts: new Map(),
    gate: createGate(),
    fallback: () => ({ kind: 'chat' }),
    watchers: new Set(),
    open: 0,
    peakOpen: 0,
  };
  const server = createServer((request, response) => {
    // What fails here is a connection that the client cut while its body was read.
    handle(state, request, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake upstream has no port');
  return {
    url: `http://127.0.0.1:${String(address.port)}/v1`,
    port: address.port,
    requests: state.requests,
    get counts() {
      return {
        requests: state.requests.length,
        chat: state.requests.filter(isChat).length,
        aborted: state.requests.filter((record) => record.aborted).length,
        open: state.open,
        peakOpen: state.peakOpen,
      };
    },
    gate: state.gate,
    respond: (script) => {
      state.fallback = sequence(script);
    },
    script: (model, script) => {
      state.scripts.set(model, sequence(script));
    },
    release: (count) => {
      state.gate.release(count);
    },
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return;
          state.watchers.delete(look);
          resolve();
        };
        state.watchers.add(look);
        look();
      }),
    requestsFor: (model) => state.requests.filter((record) => record.body['model'] === model),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}
