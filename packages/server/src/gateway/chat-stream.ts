import { AppError } from '../errors.ts';
import { upstreamCode } from '../providers/upstream-error.ts';
import type { TokenCounts } from '../usage/usage-event.ts';
import type { VersionedEvent } from '../versions/version-change.ts';
import type { AnswerStream, StreamStep } from './answer-stream.ts';
import type { ChatChunk, ChunkChoice, StreamDialect, ToolCallDelta } from './dialect.ts';
import { readUsage } from './read-usage.ts';
import { renameModel } from './rename-model.ts';
import { eventFrame, frame, type EncodeEvent } from './sse-frame.ts';

const nothing: StreamStep = { kind: 'forward', text: '' };

/** What a delta makes the client receive, for counting tokens where the upstream does not. */
function deltaText({ delta }: ChunkChoice): string {
  if (typeof delta !== 'object' || delta === null) return '';
  let text = typeof delta.content === 'string' ? delta.content : '';
  if (typeof delta.reasoning_content === 'string') text += delta.reasoning_content;
  if (typeof delta.refusal === 'string') text += delta.refusal;
  if (Array.isArray(delta.tool_calls)) {
    for (const call of delta.tool_calls as readonly (ToolCallDelta | null)[]) {
      if (typeof call?.function?.name === 'string') text += call.function.name;
      if (typeof call?.function?.arguments === 'string') text += call.function.arguments;
    }
  }
  return text;
}

export interface ChatStreamOptions {
  readonly publicModel: string;
  /** The caller asked for usage in the stream. */
  readonly includeUsage: boolean;
  /** A version of the contract may send an event otherwise, or not at all. */
  readonly encode: EncodeEvent;
  /** Whole frames for a failure in the middle. */
  readonly renderError: (error: AppError) => string;
  /** To the words of another surface. */
  readonly translation?: StreamDialect;
  /** Sent after the last event; default: OpenAI's `[DONE]`. */
  readonly closing?: string;
}

/**
 * An AnswerStream of chat.completion.chunk events: as they came, or translated to the words of another surface.
 *
 * The public model name replaces the upstream's in place, so that all other bytes stay as they came. Usage is asked of
 * the upstream always and shown only to who asked. An event that carries the final usage is held until the next one,
 * so that the bill can be written before anybody is told of it.
 */
export class ChatStream implements AnswerStream {
  readonly #options: ChatStreamOptions;
  #held = '';
  readonly #begunChoices = new Set<unknown>();
  readonly #finishedChoices = new Set<unknown>();
  #usage: TokenCounts | undefined;
  #upstreamModel: string | undefined;
  #usageShown = false;
  #identity: { id: string; created: number } = { id: '', created: 0 };
  /** Text received since it was last taken for counting. */
  #uncounted = '';

  constructor(options: ChatStreamOptions) {
    this.#options = options;
  }

  /** Tokens as the upstream counted them, once it has. */
  get usage(): TokenCounts | undefined {
    return this.#usage;
  }

  /** Text received since the last call: for incremental counting. */
  takeUncounted(): string {
    const text = this.#uncounted;
    this.#uncounted = '';
    return text;
  }

  get uncountedLength(): number {
    return this.#uncounted.length;
  }

  /** Every choice that has begun has its finish reason. */
  get #finished(): boolean {
    return this.#begunChoices.size > 0 && this.#begunChoices.size === this.#finishedChoices.size;
  }

  onEvent(data: string): StreamStep {
    if (data === '[DONE]') return this.#complete();
    // Some servers keep a connection alive with empty events.
    if (data.trim() === '') return nothing;
    let chunk: ChatChunk;
    try {
      const parsed: unknown = JSON.parse(data);
      if (typeof parsed !== 'object' || parsed === null) return nothing;
      chunk = parsed;
    } catch {
      return {
        kind: 'failed',
        error: new AppError('UPSTREAM_ERROR', 'The model server sent a broken event.', {
          cause: new Error('an event of the stream is no JSON'),
        }),
      };
    }
    if (chunk.error !== undefined && chunk.error !== null) {
      const cause = new Error(`error event (${upstreamCode(chunk) ?? 'no code'})`);
      return {
        kind: 'failed',
        error: new AppError('UPSTREAM_ERROR', 'The model server failed in the middle of the answer.', { cause }),
      };
    }
    if (Array.isArray(chunk.choices)) return this.#onChunk(chunk, chunk.choices as ChunkChoice[], data);
    if (readUsage(chunk.usage) === undefined) return nothing;
    // Usage without choices: clients expect the list in every chunk.
    const whole = { ...chunk, choices: [] };
    return this.#onChunk(whole, [], JSON.stringify(whole));
  }

  /** The upstream closed the connection without a closing event. */
  onEnd(): StreamStep {
    return this.#finished ? this.#complete() : this.#cutOff();
  }

  closing(tokens: TokenCounts): string {
    const { translation, closing = frame('[DONE]') } = this.#options;
    return (translation === undefined ? this.#usageEvent(tokens) : this.#frames(translation.finish(tokens))) + closing;
  }

  failure(error: AppError): string {
    const events = this.#options.translation?.fail?.(error);
    return events === undefined ? this.#options.renderError(error) : this.#frames(events);
  }

  #frames(events: readonly VersionedEvent[]): string {
    const { encode } = this.#options;
    let text = '';
    for (const event of events) text += encode(event);
    return text;
  }

  /** A usage event of our own, for a client that asked where the upstream gave none. */
  #usageEvent(tokens: TokenCounts): string {
    if (!this.#options.includeUsage || this.#usageShown) return '';
    const usage = {
      prompt_tokens: tokens.promptTokens,
      completion_tokens: tokens.completionTokens,
      total_tokens: tokens.promptTokens + tokens.completionTokens,
    };
    const data = JSON.stringify({
      id: this.#identity.id,
      object: 'chat.completion.chunk',
      created: this.#identity.created,
      model: this.#options.publicModel,
      choices: [],
      usage,
    });
    return this.#options.encode({ name: undefined, data });
  }

  #onChoice(choice: ChunkChoice | null): void {
    if (typeof choice !== 'object' || choice === null) return;
    this.#uncounted += deltaText(choice);
    this.#begunChoices.add(choice.index);
    if (choice.finish_reason !== undefined && choice.finish_reason !== null) this.#finishedChoices.add(choice.index);
  }

  #onChunk(chunk: ChatChunk, choices: readonly ChunkChoice[], data: string): StreamStep {
    for (const choice of choices) this.#onChoice(choice);
    if (this.#identity.id === '' && typeof chunk.id === 'string')
      this.#identity = { id: chunk.id, created: typeof chunk.created === 'number' ? chunk.created : 0 };
    const usage = chunk.usage === undefined || chunk.usage === null ? undefined : readUsage(chunk.usage);
    if (usage !== undefined) this.#usage = usage;
    const { translation, encode } = this.#options;
    if (translation !== undefined) return { kind: 'forward', text: this.#frames(translation.onChunk(chunk, choices)) };
    const before = this.#held;
    this.#held = '';
    if (usage !== undefined && choices.length === 0 && !this.#options.includeUsage)
      return { kind: 'forward', text: before };
    const rewritten = this.#rewrite(chunk, data, usage !== undefined);
    const event = encode === eventFrame ? frame(rewritten) : encode({ name: undefined, data: rewritten });
    if (usage !== undefined && (choices.length === 0 || this.#finished)) {
      if (this.#options.includeUsage) this.#usageShown = true;
      this.#held = before + event;
      return nothing;
    }
    return { kind: 'forward', text: before + event };
  }

  /** Public model name in, usage out where it was not asked for. Quotes inside JSON strings are escaped, so a bare match is structure. */
  #rewrite(chunk: ChatChunk, data: string, hasUsage: boolean): string {
    if (hasUsage && !this.#options.includeUsage) {
      const { usage: _usage, ...rest } = chunk;
      return JSON.stringify({ ...rest, model: this.#options.publicModel });
    }
    // An event that came on several lines is written on one: a bare line break would end the line it is sent on.
    const line = data.includes('\n') ? JSON.stringify(chunk) : data;
    const text = this.#options.includeUsage || chunk.usage !== null ? line : line.replace(',"usage":null', '');
    if (typeof chunk.model === 'string') this.#upstreamModel = chunk.model;
    return renameModel(text, chunk, this.#options.publicModel);
  }

  #complete(): StreamStep {
    const text = this.#held;
    this.#held = '';
    return { kind: 'complete', text };
  }

  #cutOff(): StreamStep {
    const cause = new Error(`the stream of ${this.#upstreamModel ?? 'the model'} ended without a finish reason`);
    return {
      kind: 'failed',
      error: new AppError('UPSTREAM_ERROR', 'The model server broke off in the middle of the answer.', { cause }),
    };
  }
}
