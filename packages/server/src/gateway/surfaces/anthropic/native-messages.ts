import { AppError } from '../../../errors.ts';
import { isJsonObject, objectsOf, parseJsonObject } from '../../../providers/json.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import { upstreamCode } from '../../../providers/upstream-error.ts';
import type { TokenCounts } from '../../../usage/usage-event.ts';
import type { AnswerStream, StreamStep } from '../../answer-stream.ts';
import type { NativeDialect } from '../../reading.ts';
import { eventFrame } from '../../sse-frame.ts';

const nothing: StreamStep = { kind: 'forward', text: '' };

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : 0;
}

/** Anthropic's `usage`. undefined when it is none: a lying upstream must not make a bill of zero. */
function usageOf(value: unknown): TokenCounts | undefined {
  if (!isJsonObject(value)) return undefined;
  if (typeof value['input_tokens'] !== 'number' && typeof value['output_tokens'] !== 'number') return undefined;
  const cachedTokens = count(value['cache_read_input_tokens']);
  const completionTokens = count(value['output_tokens']);
  const details = isJsonObject(value['output_tokens_details']) ? value['output_tokens_details'] : {};
  return {
    promptTokens: count(value['input_tokens']) + cachedTokens + count(value['cache_creation_input_tokens']),
    completionTokens,
    cachedTokens,
    reasoningTokens: Math.min(completionTokens, count(details['thinking_tokens'])),
  };
}

/** The text of a block, or of a piece of one, that a model wrote. */
function writtenText(part: JsonObject): string {
  let text = '';
  for (const name of ['text', 'thinking', 'partial_json', 'name']) {
    const value = part[name];
    if (typeof value === 'string') text += value;
  }
  // A block begins with an empty input and grows by partial_json.
  if (isJsonObject(part['input']) && Object.keys(part['input']).length > 0) text += JSON.stringify(part['input']);
  return text;
}

/** Puts the public name into `message.model` and leaves every other byte as it came, as renameModel does at the top. */
function renameInside(data: string, event: JsonObject, message: JsonObject, publicModel: string): string {
  const { model } = message;
  if (model === publicModel) return data;
  const needle = `"model":${JSON.stringify(model)}`;
  const at = data.indexOf(needle);
  if (typeof model === 'string' && at !== -1 && !data.includes(needle, at + 1))
    return `${data.slice(0, at)}"model":${JSON.stringify(publicModel)}${data.slice(at + needle.length)}`;
  return JSON.stringify({ ...event, message: { ...message, model: publicModel } });
}

function failed(message: string, cause: string, code: 'UPSTREAM_ERROR' | 'overloaded' = 'UPSTREAM_ERROR'): StreamStep {
  return { kind: 'failed', error: new AppError(code, message, { cause: new Error(cause) }) };
}

interface NativeStreamOptions {
  readonly model: string;
  /** Whole frames of an error inside the stream. */
  readonly renderError: (error: AppError) => string;
}

/**
 * An Anthropic upstream's events passed on byte for byte, but for the public model name. From the first message_delta on
 * they are held until message_stop, so that the bill is written before anybody is told of it.
 */
class NativeMessageStream implements AnswerStream {
  readonly #options: NativeStreamOptions;
  /** Cumulative counts, later ones over earlier ones. */
  #told: JsonObject = {};
  #usage: TokenCounts | undefined;
  #uncounted = '';
  #held = '';
  #isHolding = false;

  constructor(options: NativeStreamOptions) {
    this.#options = options;
  }

  /** Known once message_delta has come: what message_start says of the answer is a beginning. */
  get usage(): TokenCounts | undefined {
    return this.#usage;
  }

  takeUncounted(): string {
    const text = this.#uncounted;
    this.#uncounted = '';
    return text;
  }

  get uncountedLength(): number {
    return this.#uncounted.length;
  }

  onEvent(data: string): StreamStep {
    if (data.trim() === '') return nothing;
    const event = parseJsonObject(data);
    if (event === undefined)
      return failed('The model server sent a broken event.', 'an event of the stream is no JSON object');
    if (event['type'] === 'error') return this.#onError(event);
    // An event that came on several lines is written on one: a bare line break would end the line it is sent on.
    const line = /[\r\n]/.test(data) ? JSON.stringify(event) : data;
    return this.#pass(event, this.#observe(event, line));
  }

  onEnd(): StreamStep {
    return failed(
      'The model server broke off in the middle of the answer.',
      'the stream of messages ended without message_stop',
    );
  }

  closing(): string {
    return '';
  }

  failure(error: AppError): string {
    return this.#options.renderError(error);
  }

  /** Takes from an event what is metered. @returns the line to send */
  #observe(event: JsonObject, line: string): string {
    const { type, message, content_block: block, delta } = event;
    if (type === 'message_start' && isJsonObject(message)) {
      this.#takeUsage(message['usage']);
      return renameInside(line, event, message, this.#options.model);
    }
    if (type === 'content_block_start' && isJsonObject(block)) this.#uncounted += writtenText(block);
    if (type === 'content_block_delta' && isJsonObject(delta)) this.#uncounted += writtenText(delta);
    if (type === 'message_delta') {
      this.#isHolding = true;
      if (isJsonObject(event['usage'])) {
        this.#takeUsage(event['usage']);
        this.#usage = usageOf(this.#told);
      }
    }
    return line;
  }

  #pass(event: JsonObject, line: string): StreamStep {
    const { type } = event;
    const text = eventFrame({ name: typeof type === 'string' ? type : undefined, data: line });
    if (type === 'message_stop') return { kind: 'complete', text: this.#held + text };
    if (!this.#isHolding) return { kind: 'forward', text };
    this.#held += text;
    return nothing;
  }

  #takeUsage(usage: unknown): void {
    if (!isJsonObject(usage)) return;
    const known = Object.entries(usage).filter(([, value]) => value !== null);
    this.#told = { ...this.#told, ...Object.fromEntries(known) };
  }

  #onError(event: JsonObject): StreamStep {
    const type = upstreamCode(event) ?? 'no type';
    const isOverloaded = type === 'overloaded_error';
    return failed(
      isOverloaded
        ? 'The model server is saturated and gave up in the middle of the answer. Retry in a moment.'
        : 'The model server failed in the middle of the answer.',
      `error event (${type})`,
      isOverloaded ? 'overloaded' : 'UPSTREAM_ERROR',
    );
  }
}

/**
 * How answers of Anthropic upstreams are metered and named anew.
 * @param renderError whole frames of an error inside a stream
 */
export function nativeMessages(renderError: (error: AppError) => string): NativeDialect {
  return {
    openStream: ({ model }) => new NativeMessageStream({ model, renderError }),
    readUsage: (body) => usageOf(body['usage']),
    answerText: (body) => objectsOf(body['content']).map(writtenText).join('\n'),
  };
}
