import { AppError } from '../../errors.ts';
import { ChatChunks, doneEvent } from '../chat-chunks.ts';
import type { EventTranslator } from '../event-stream.ts';
import { isJsonObject, objectsOf, parseJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { promptRefusal, reasonOf, toFinishReason, toRefusal } from './finish-reason.ts';
import { answerId, blockReasonOf, indexOf, partsOf } from './from-generate-content.ts';
import { toLogprobs } from './logprobs.ts';
import { readPart } from './read-part.ts';
import { toUsage } from './usage.ts';

type Emit = (data: string) => void;

/** What one candidate has given so far. */
interface Choice {
  calls: number;
  hasAnswer: boolean;
  reason: string | undefined;
  message: string | undefined;
}

type Head = ConstructorParameters<typeof ChatChunks>[0];
const noHead: Head = { id: '', createdSeconds: 0, model: '' };

/** An error in the middle of a stream. Its text may quote the prompt: only its status is kept. */
function streamError(error: JsonObject): AppError {
  const { status, code } = error;
  const cause = new Error(`error event (${typeof status === 'string' ? status.slice(0, 48) : 'no status'})`);
  if (status === 'UNAVAILABLE' || status === 'RESOURCE_EXHAUSTED' || code === 503 || code === 429)
    return new AppError('overloaded', 'The model server is saturated. Retry after a short wait.', {
      cause,
      retryAfterSeconds: 2,
    });
  return new AppError('UPSTREAM_ERROR', 'The model server failed in the middle of the answer.', { cause });
}

/**
 * The events of one streamGenerateContent as chat.completion.chunk events: for each candidate the role first, then
 * text, thoughts and calls as they come. Gemini has no last event, may name a reason to finish in more events than the
 * last, and adds to its counts until the end: so finish reasons, usage and `[DONE]` wait for the end of the body. A body
 * that ends before all candidates have one gets no `[DONE]`: it was cut off.
 */
export class ChunkTranslator implements EventTranslator {
  readonly #nowMs: number;
  readonly #choices = new Map<number, Choice>();
  #head: Head | undefined;
  #chunks = new ChatChunks(noHead);
  #blocked: { readonly reason: string; readonly message: unknown } | undefined;
  #usage: JsonObject = {};

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  onEvent(data: string, emit: Emit): void {
    // Servers that copy the protocol may close as OpenAI does.
    if (data.trim() === '' || data === doneEvent) return;
    const event = parseJsonObject(data);
    if (event === undefined)
      throw new AppError('UPSTREAM_ERROR', 'The model server sent a broken event.', {
        cause: new Error('an event of the stream is no JSON'),
      });
    if (isJsonObject(event['error'])) throw streamError(event['error']);
    this.#begin(event);
    if (isJsonObject(event['usageMetadata'])) this.#usage = { ...this.#usage, ...event['usageMetadata'] };
    const blocked = blockReasonOf(event);
    if (blocked !== undefined && isJsonObject(event['promptFeedback']))
      this.#blocked = { reason: blocked, message: event['promptFeedback']['blockReasonMessage'] };
    for (const candidate of objectsOf(event['candidates'])) this.#read(candidate, emit);
  }

  onEnd(emit: Emit): void {
    if (this.#blocked !== undefined) this.#block(this.#blocked, emit);
    else if (!this.#finish(emit)) return;
    const usage = toUsage(
      this.#usage,
      [...this.#choices.values()].some((choice) => choice.hasAnswer),
    );
    if (usage !== undefined) emit(this.#chunks.usage(usage));
    emit(doneEvent);
  }

  /** All chunks have the id and model of the first event. */
  #begin(event: JsonObject): void {
    if (this.#head !== undefined) return;
    const model = typeof event['modelVersion'] === 'string' ? event['modelVersion'] : '';
    this.#head = { id: answerId(event, this.#nowMs), createdSeconds: Math.floor(this.#nowMs / 1_000), model };
    this.#chunks = new ChatChunks(this.#head);
  }

  #logprobsChunk(index: number, logprobs: JsonObject): string {
    const { id, createdSeconds: created, model } = this.#head ?? noHead;
    const choices = [{ index, delta: {}, logprobs, finish_reason: null }];
    return JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices });
  }

  #choice(index: number, emit: Emit): Choice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice: Choice = { calls: 0, hasAnswer: false, reason: undefined, message: undefined };
    this.#choices.set(index, choice);
    emit(this.#chunks.delta({ role: 'assistant', content: '', refusal: null }, index));
    return choice;
  }

  #read(candidate: JsonObject, emit: Emit): void {
    const index = indexOf(candidate);
    const choice = this.#choice(index, emit);
    for (const part of partsOf(candidate)) this.#say(part, index, choice, emit);
    const logprobs = toLogprobs(candidate['logprobsResult']);
    if (logprobs !== null) emit(this.#logprobsChunk(index, logprobs));
    choice.reason = reasonOf(candidate['finishReason']) ?? choice.reason;
    if (typeof candidate['finishMessage'] === 'string') choice.message = candidate['finishMessage'];
  }

  #say(part: JsonObject, index: number, choice: Choice, emit: Emit): void {
    const answered = readPart(part, this.#nowMs);
    if (answered === undefined) return;
    switch (answered.kind) {
      case 'thought':
        if (answered.text !== '') emit(this.#chunks.delta({ reasoning_content: answered.text }, index));
        return;
      case 'text':
        if (answered.text !== '') choice.hasAnswer = true;
        if (answered.text !== '' || 'extra_content' in answered.signed)
          emit(this.#chunks.delta({ content: answered.text, ...answered.signed }, index));
        return;
      case 'call':
        choice.hasAnswer = true;
        emit(this.#chunks.delta({ tool_calls: [{ index: choice.calls, ...answered.call }] }, index));
        choice.calls += 1;
        return;
      case 'image':
        choice.hasAnswer = true;
        emit(this.#chunks.delta({ images: [answered.image] }, index));
    }
  }

  /** @returns false, and says nothing, while a candidate is unfinished */
  #finish(emit: Emit): boolean {
    const last: string[] = [];
    for (const [index, { reason, message, hasAnswer, calls }] of this.#choices) {
      if (reason === undefined) return false;
      const ending = { reason, message, hasAnswer, hasCalls: calls > 0 };
      const refusal = toRefusal(ending);
      if (refusal !== null) last.push(this.#chunks.delta({ refusal }, index));
      last.push(this.#chunks.finish(toFinishReason(ending), index));
    }
    for (const chunk of last) emit(chunk);
    return last.length > 0;
  }

  /** The prompt was not let through: every candidate ends here, were there none. */
  #block({ reason, message }: { readonly reason: string; readonly message: unknown }, emit: Emit): void {
    this.#choice(0, emit);
    for (const [index, { hasAnswer }] of this.#choices) {
      if (!hasAnswer) emit(this.#chunks.delta({ refusal: promptRefusal(reason, message) }, index));
      emit(this.#chunks.finish('content_filter', index));
    }
  }
}
