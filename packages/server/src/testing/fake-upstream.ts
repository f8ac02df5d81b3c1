import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { callAt, modelInPath, vendorAt, type DialectOptions } from './fake-upstream-dialects.ts';
import { isObject, type FakeAnswer, type FakeBody } from './fake-upstream-script.ts';
import { sendAnswer, sendJson, type FakeExchange } from './fake-upstream-send.ts';
import { createGate, type Gate } from './gate.ts';

/** What the upstream saw of one request, kept up to date while it is answered. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of the body, or of the path where the dialect names it there. */
  readonly model: string | undefined;
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
  /** Base URL up to and including /v1: OpenAI's and Anthropic's API. */
  readonly url: string;
  /** Base URL up to and including /v1beta: Gemini's API. */
  readonly geminiUrl: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  readonly counts: FakeUpstreamCounts;
  /** The gate of scripts that name none of their own. */
  readonly gate: Gate;
  /** How POST requests are answered from now on, unless their model has a script. */
  respond(script: Script): void;
  /** How POST requests for one model are answered: tests that share an upstream use a model each. */
  script(model: string, script: Script): void;
  /** `gate.release`. */
  release(count?: number): void;
  /** Resolves when `condition` holds; looked at whenever a request comes, goes or is sent a chunk. */
  until(condition: () => boolean): Promise<void>;
  requestsFor(model: string): readonly RecordedRequest[];
  close(): Promise<void>;
}

export interface FakeUpstreamOptions extends DialectOptions {
  /** Requests that do not show this key, in whatever header their vendor has for it, are answered 401. */
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

const isChat = (record: RecordedRequest) => record.method === 'POST' && callAt(record.path, {})?.isChat === true;

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
  const script = ((record.model === undefined ? undefined : state.scripts.get(record.model)) ?? state.fallback)();
  if (typeof script === 'function') return script(record);
  return 'kind' in script ? script : { kind: 'chat' };
}

function changed(state: State): void {
  for (const watcher of [...state.watchers]) watcher();
}

function parseBody(text: string): FakeBody {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Does the request show the key, in the header of any vendor? */
function isAuthorized(apiKey: string, { headers, query }: RecordedRequest): boolean {
  const shown = [
    headers.authorization?.replace(/^Bearer /, ''),
    headers['api-key'],
    headers['x-api-key'],
    headers['x-goog-api-key'],
    query.get('key'),
  ];
  return shown.includes(apiKey);
}

async function recordOf(request: IncomingMessage): Promise<RecordedRequest> {
  const bodyText = (await buffer(request)).toString('utf8');
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://fake');
  const body = parseBody(bodyText);
  const { model } = body;
  return {
    method: request.method ?? '',
    path,
    query,
    model: modelInPath(path) ?? (typeof model === 'string' ? model : undefined),
    headers: request.headers,
    body,
    bodyText,
    receivedAtMs: Date.now(),
    chunksSent: 0,
    aborted: false,
    abortedAtMs: null,
    finished: false,
  };
}

/** Keeps the books of one request; `breaking` tells that what comes is not the client's doing. */
function follow(
  state: State,
  record: RecordedRequest,
  response: ServerResponse,
): { readonly signal: AbortSignal; readonly breaking: () => void } {
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
  const breaking = () => {
    ours = true;
  };
  return { signal: over.signal, breaking };
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const record = await recordOf(request);
  const { path, method, model, body } = record;
  const { signal, breaking } = follow(state, record, response);
  const { apiKey, models } = state.options;
  const vendor = vendorAt(path, request.headers['anthropic-version'] !== undefined);
  const call = method === 'POST' ? callAt(path, state.options) : undefined;
  if (apiKey !== undefined && !isAuthorized(apiKey, record))
    sendJson(response, 401, vendor.errorBody(401, 'Incorrect API key provided'));
  else if (call !== undefined) {
    const exchange: FakeExchange = {
      call,
      vendor,
      body: model === undefined ? body : { ...body, model },
      response,
      signal,
      id: `chatcmpl-fake-${String(state.requests.length)}`,
      gate: state.gate,
      onChunk: (sent) => {
        record.chunksSent = sent;
        changed(state);
      },
      breaking,
    };
    await sendAnswer(exchange, answerFor(state, record));
  } else if (method === 'GET' && (path === '/v1/models' || path === '/v1beta/models'))
    sendJson(response, 200, vendor.modelList([...(models ?? ['fake-model']), ...state.scripts.keys()]));
  else sendJson(response, 404, vendor.errorBody(404, `No such path: ${path}`));
}

/**
 * A real server on 127.0.0.1 with the APIs of OpenAI, Anthropic and Gemini that behaves as scripts tell it, for tests
 * of the road. Without a script it answers `You said: <last user text>`.
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
    geminiUrl: `http://127.0.0.1:${String(address.port)}/v1beta`,
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
    requestsFor: (model) => state.requests.filter((record) => record.model === model),
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
