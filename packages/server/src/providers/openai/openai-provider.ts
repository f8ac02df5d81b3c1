import { Pool, type Dispatcher } from 'undici';
import type { Clock } from '../../clock.ts';
import type { UpstreamConfig } from '../../config/schema.ts';
import { AppError, errorCode, errorMessage } from '../../errors.ts';
import type { ChatAnswer, ChatCall, JsonObject, Provider } from '../provider.ts';
import { fromUpstreamStatus } from '../upstream-error.ts';
import { OpenAiEventStream } from './event-stream.ts';

export interface OpenAiProviderOptions {
  readonly name: string;
  readonly config: UpstreamConfig & { readonly base_url: string };
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
}

type Headers = Record<string, string | string[] | undefined>;

/** Longer than any idle timeout that makes sense. */
const longestSilenceMs = 15 * 60_000;
/** An answer that is not a stream is kept whole, up to this size. */
const maxJsonBytes = 64 * 1024 * 1024;

function headerText(headers: Headers, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}

/** A failure below HTTP, told by what it means for the caller. */
function transportError(name: string, error: Error): AppError {
  const code = errorCode(error);
  const cause = new Error(`upstream ${name}: ${errorMessage(error)}`, { cause: error });
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return new AppError(
      'UPSTREAM_TIMEOUT',
      'The model server did not answer in time. Retry with exponential backoff.',
      { cause },
    );
  return new AppError('UPSTREAM_ERROR', 'The model server cannot be reached. Retry with exponential backoff.', {
    cause,
  });
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads one answer from undici's dispatcher without a Readable between: the cheapest way per chunk. */
class ChatResponse implements Dispatcher.DispatchHandler {
  readonly #options: OpenAiProviderOptions;
  readonly #call: ChatCall;
  readonly #resolve: (answer: ChatAnswer) => void;
  readonly #reject: (error: AppError) => void;
  readonly #chunks: Buffer[] = [];
  readonly #onAbort: () => void;
  #bytes = 0;
  #status = 0;
  #headers: Headers = {};
  #events: OpenAiEventStream | undefined;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(
    options: OpenAiProviderOptions,
    call: ChatCall,
    resolve: (answer: ChatAnswer) => void,
    reject: (error: AppError) => void,
  ) {
    this.#options = options;
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onAbort = () => {
      this.#controller?.abort(new Error('nobody waits for the answer'));
      reject(new AppError('UPSTREAM_ERROR', 'The call was given up.', { cause: call.signal.reason }));
    };
    call.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#call.signal.aborted) this.#onAbort();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (
      status === 200 &&
      this.#call.stream &&
      headerText(headers, 'content-type').toLowerCase().startsWith('text/event-stream')
    ) {
      this.#events = new OpenAiEventStream(controller, (error) => transportError(this.#options.name, error));
      this.#resolve({ kind: 'stream', events: this.#events });
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#events !== undefined) {
      this.#events.push(chunk);
      return;
    }
    this.#bytes += chunk.length;
    if (this.#bytes > maxJsonBytes) controller.abort(new Error('the answer is too large'));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#call.signal.removeEventListener('abort', this.#onAbort);
    if (this.#events !== undefined) this.#events.end();
    else this.#finishJson();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#call.signal.removeEventListener('abort', this.#onAbort);
    if (this.#events !== undefined) this.#events.fail(error);
    else this.#reject(transportError(this.#options.name, error));
  }

  #finishJson(): void {
    const { name, clock } = this.#options;
    const text = Buffer.concat(this.#chunks).toString('utf8');
    const body = parseObject(text);
    if (this.#status !== 200) {
      this.#reject(
        fromUpstreamStatus({
          upstream: name,
          status: this.#status,
          body,
          retryAfter: headerText(this.#headers, 'retry-after') || undefined,
          nowMs: clock.now(),
        }),
      );
      return;
    }
    if (body === undefined || this.#call.stream || !Array.isArray(body['choices'])) {
      const cause = new Error(
        `upstream ${name} answered 200 with ${headerText(this.#headers, 'content-type') || 'no content type'}, ${text.length} characters, which is not a chat answer${body?.['error'] === undefined ? '' : ' but an error'}`,
      );
      this.#reject(
        new AppError(
          'UPSTREAM_ERROR',
          'The model server gave an answer that cannot be understood. Retry with exponential backoff.',
          { cause },
        ),
      );
      return;
    }
    this.#resolve({ kind: 'json', body, text });
  }
}

interface ModelsRequest {
  readonly options: OpenAiProviderOptions;
  readonly pool: Pool;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

async function listModels({ options, pool, path, headers, signal }: ModelsRequest): Promise<string[]> {
  const { name: upstream, clock } = options;
  const response = await pool.request({ method: 'GET', path, headers, signal }).catch((error: unknown) => {
    throw transportError(upstream, error instanceof Error ? error : new Error(String(error)));
  });
  const body = parseObject(await response.body.text());
  const { statusCode: status } = response;
  if (status !== 200) throw fromUpstreamStatus({ upstream, status, body, retryAfter: undefined, nowMs: clock.now() });
  const list = Array.isArray(body?.['data']) ? (body['data'] as JsonObject[]) : [];
  return list.map((entry) => entry['id']).filter((id) => typeof id === 'string');
}

/** Any server with OpenAI's chat API: `base_url` up to and including `/v1`. */
export function createOpenAiProvider(options: OpenAiProviderOptions): Provider {
  const base = new URL(options.config.base_url);
  const prefix = base.pathname.replace(/\/$/, '');
  const pool = new Pool(base.origin, {
    connections: options.config.connections,
    pipelining: 1,
    connect: { timeout: options.connectTimeoutMs },
    headersTimeout: options.firstByteTimeoutMs,
    bodyTimeout: options.firstByteTimeoutMs,
  });
  const authorization =
    options.config.api_key === undefined ? {} : { authorization: `Bearer ${options.config.api_key}` };
  const headers = { 'content-type': 'application/json', ...authorization, ...options.config.headers };
  return {
    chat: (call) =>
      new Promise((resolve, reject) => {
        const handler = new ChatResponse(options, call, resolve, reject);
        pool.dispatch(
          {
            method: 'POST',
            path: `${prefix}/chat/completions`,
            headers: {
              ...headers,
              accept: call.stream ? 'text/event-stream' : 'application/json',
              'x-request-id': call.requestId,
            },
            body: JSON.stringify(call.body),
            // Silence inside a stream is judged by the relay; this only ends what never became a stream.
            bodyTimeout: call.stream ? longestSilenceMs : options.firstByteTimeoutMs,
          },
          handler,
        );
      }),
    listModels: (signal) => listModels({ options, pool, path: `${prefix}/models`, headers, signal }),
    close: () => pool.destroy(),
  };
}
