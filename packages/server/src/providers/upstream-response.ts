import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { AppError, errorCode, errorMessage } from '../errors.ts';
import { UpstreamEvents, type EventTranslator } from './event-stream.ts';
import { parseJsonObject } from './json.ts';
import type { JsonAnswer, JsonObject, StreamAnswer } from './provider.ts';
import { fromUpstreamStatus } from './upstream-error.ts';

type Headers = Record<string, string | string[] | undefined>;

interface JsonRules {
  readonly kind: 'json';
  readonly accepts: (body: JsonObject) => boolean;
  readonly resolve: (answer: JsonAnswer) => void;
  readonly reject: (error: AppError) => void;
}

interface StreamRules {
  readonly kind: 'stream';
  readonly translator: EventTranslator | undefined;
  readonly resolve: (answer: StreamAnswer) => void;
  readonly reject: (error: AppError) => void;
}

/** What an answer must be, and who waits for it. */
export type ResponseRules = JsonRules | StreamRules;

export interface UpstreamResponseOptions {
  readonly upstream: string;
  readonly clock: Clock;
  readonly statusOf: ((status: number, body: JsonObject | undefined) => number) | undefined;
  readonly signal: AbortSignal;
  /** The call was made with a key of the tenant's own. */
  readonly isTenantKey: boolean;
  readonly rules: ResponseRules;
}

/** An answer that is not a stream is kept whole, up to this size. */
const maxJsonBytes = 64 * 1024 * 1024;

function headerText(headers: Headers, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}

/** A failure below HTTP, told by what it means for the caller. */
function transportError(upstream: string, error: Error): AppError {
  const code = errorCode(error);
  const cause = new Error(`upstream ${upstream}: ${errorMessage(error)}`, { cause: error });
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

/** Reads one answer from undici's dispatcher without a Readable between: the cheapest way per chunk. */
export class UpstreamResponse implements Dispatcher.DispatchHandler {
  readonly #options: UpstreamResponseOptions;
  readonly #chunks: Buffer[] = [];
  readonly #onAbort: () => void;
  #bytes = 0;
  #status = 0;
  #headers: Headers = {};
  #events: UpstreamEvents | undefined;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(options: UpstreamResponseOptions) {
    const { signal, rules } = options;
    this.#options = options;
    this.#onAbort = () => {
      this.#controller?.abort(new Error('nobody waits for the answer'));
      rules.reject(new AppError('UPSTREAM_ERROR', 'The call was given up.', { cause: signal.reason }));
    };
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#options.signal.aborted) this.#onAbort();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const { rules, upstream } = this.#options;
    if (
      rules.kind === 'stream' &&
      status === 200 &&
      headerText(headers, 'content-type').toLowerCase().startsWith('text/event-stream')
    ) {
      this.#events = new UpstreamEvents({
        controller,
        explain: (error) => transportError(upstream, error),
        translator: rules.translator,
      });
      rules.resolve({ kind: 'stream', events: this.#events });
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
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    if (this.#events !== undefined) this.#events.end();
    else this.#finishJson();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    const { signal, rules, upstream } = this.#options;
    signal.removeEventListener('abort', this.#onAbort);
    if (this.#events !== undefined) this.#events.fail(error);
    else rules.reject(transportError(upstream, error));
  }

  #finishJson(): void {
    const { rules } = this.#options;
    const text = Buffer.concat(this.#chunks).toString('utf8');
    const body = parseJsonObject(text);
    if (this.#status !== 200) rules.reject(this.#refusal(body));
    else if (rules.kind === 'json' && body !== undefined && rules.accepts(body))
      rules.resolve({ kind: 'json', body, text });
    else rules.reject(this.#senseless(body, text));
  }

  #refusal(body: JsonObject | undefined): AppError {
    const { upstream, clock, statusOf, isTenantKey } = this.#options;
    return fromUpstreamStatus({
      upstream,
      status: statusOf === undefined ? this.#status : statusOf(this.#status, body),
      body,
      retryAfter: headerText(this.#headers, 'retry-after') || undefined,
      nowMs: clock.now(),
      isTenantKey,
    });
  }

  /** Nothing of the text goes into the log: it may be the answer of a model. */
  #senseless(body: JsonObject | undefined, text: string): AppError {
    const { upstream } = this.#options;
    const type = headerText(this.#headers, 'content-type') || 'no content type';
    const hasError = body?.['error'] !== undefined;
    return new AppError(
      'UPSTREAM_ERROR',
      'The model server gave an answer that cannot be understood. Retry with exponential backoff.',
      {
        cause: new Error(
          `upstream ${upstream} answered 200 with ${type}, ${text.length} characters, which is not what was asked for${hasError ? ' but an error' : ''}`,
        ),
      },
    );
  }
}
