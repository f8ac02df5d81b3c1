import { AppError } from '../../errors.ts';
import { ChatChunks, doneEvent } from '../chat-chunks.ts';
import type { EventTranslator } from '../event-stream.ts';
import { isJsonObject, parseJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { upstreamCode } from '../upstream-error.ts';
import { finishReason, UsageTally } from './usage.ts';

type Emit = (data: string) => void;

/** The content block that is being written. */
interface OpenBlock {
  readonly kind: 'text' | 'thinking' | 'tool' | 'other';
  /** Among the tool calls, or among the thoughts. */
  readonly index: number;
  /** Thoughts so far: they are signed as a whole. */
  thinking: string;
  hasArguments: boolean;
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** An error event in the middle of a stream. Its text may quote the prompt: only its type is kept. */
function streamError(event: JsonObject): AppError {
  const type = upstreamCode(event) ?? 'no code';
  const cause = new Error(`error event (${type})`);
  if (type === 'overloaded_error' || type === 'rate_limit_error')
    return new AppError('overloaded', 'The model server is saturated. Retry after a short wait.', {
      cause,
      retryAfterSeconds: 2,
    });
  return new AppError('UPSTREAM_ERROR', 'The model server failed in the middle of the answer.', { cause });
}

/**
 * The events of one streamed Message as chat.completion.chunk events: the role first, then text, thoughts and tool
 * calls as they come, the finish reason, the usage of the whole, `[DONE]`. Events and blocks nobody here has heard of
 * say nothing.
 */
export class MessageEvents implements EventTranslator {
  readonly #createdSeconds: number;
  readonly #usage = new UsageTally();
  readonly #blocks = new Map<unknown, OpenBlock>();
  #chunks: ChatChunks;
  #toolCalls = 0;
  #thoughts = 0;

  constructor(nowMs: number) {
    this.#createdSeconds = Math.floor(nowMs / 1_000);
    this.#chunks = new ChatChunks({ id: '', createdSeconds: this.#createdSeconds, model: '' });
  }

  onEvent(data: string, emit: Emit): void {
    if (data.trim() === '') return;
    const event = parseJsonObject(data);
    if (event === undefined)
      throw new AppError('UPSTREAM_ERROR', 'The model server sent a broken event.', {
        cause: new Error('an event of the stream is no JSON'),
      });
    switch (event['type']) {
      case 'message_start':
        this.#start(event['message'], emit);
        return;
      case 'content_block_start':
        this.#openBlock(event, emit);
        return;
      case 'content_block_delta':
        this.#delta(event, emit);
        return;
      case 'content_block_stop':
        this.#closeBlock(event, emit);
        return;
      case 'message_delta':
        this.#finish(event, emit);
        return;
      case 'message_stop':
        emit(doneEvent);
        return;
      case 'error':
        throw streamError(event);
    }
  }

  #start(message: unknown, emit: Emit): void {
    if (!isJsonObject(message)) return;
    this.#chunks = new ChatChunks({
      id: asText(message['id']),
      createdSeconds: this.#createdSeconds,
      model: asText(message['model']),
    });
    this.#usage.add(message['usage']);
    emit(this.#chunks.delta({ role: 'assistant', content: '', refusal: null }));
  }

  #openBlock({ index, content_block: block }: JsonObject, emit: Emit): void {
    if (!isJsonObject(block)) return;
    const open = (kind: OpenBlock['kind'], at: number) => {
      this.#blocks.set(index, { kind, index: at, thinking: '', hasArguments: false });
    };
    switch (block['type']) {
      case 'text':
        open('text', 0);
        if (asText(block['text']) !== '') emit(this.#chunks.delta({ content: block['text'] }));
        return;
      case 'thinking':
        open('thinking', this.#thoughts);
        this.#thoughts += 1;
        return;
      case 'redacted_thinking': {
        const { type, data } = block;
        emit(this.#chunks.delta({ thinking_blocks: [{ index: this.#thoughts, type, data }] }));
        this.#thoughts += 1;
        return;
      }
      case 'tool_use':
        open('tool', this.#toolCalls);
        emit(this.#chunks.toolCall(this.#toolCalls, asText(block['id']), asText(block['name'])));
        this.#toolCalls += 1;
        this.#wholeInput(index, block['input'], emit);
    }
  }

  /** Small inputs may come with the block itself. */
  #wholeInput(blockIndex: unknown, input: unknown, emit: Emit): void {
    const block = this.#blocks.get(blockIndex);
    if (block === undefined || !isJsonObject(input) || Object.keys(input).length === 0) return;
    block.hasArguments = true;
    emit(this.#chunks.toolArguments(block.index, JSON.stringify(input)));
  }

  #delta({ index, delta }: JsonObject, emit: Emit): void {
    const block = this.#blocks.get(index);
    if (block === undefined || !isJsonObject(delta)) return;
    if (delta['type'] === 'text_delta' && block.kind === 'text') {
      const text = asText(delta['text']);
      if (text !== '') emit(this.#chunks.delta({ content: text }));
    } else if (delta['type'] === 'input_json_delta' && block.kind === 'tool') {
      const text = asText(delta['partial_json']);
      if (text === '') return;
      block.hasArguments = true;
      emit(this.#chunks.toolArguments(block.index, text));
    } else if (delta['type'] === 'thinking_delta' && block.kind === 'thinking') {
      const text = asText(delta['thinking']);
      block.thinking += text;
      if (text !== '') emit(this.#chunks.delta({ reasoning_content: text }));
    } else if (delta['type'] === 'signature_delta' && block.kind === 'thinking') {
      const thought = { index: block.index, type: 'thinking', thinking: block.thinking };
      emit(this.#chunks.delta({ thinking_blocks: [{ ...thought, signature: delta['signature'] }] }));
    }
  }

  /** A call without arguments has an empty object of them: OpenAI's clients parse what they are given. */
  #closeBlock({ index }: JsonObject, emit: Emit): void {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (block?.kind === 'tool' && !block.hasArguments) emit(this.#chunks.toolArguments(block.index, '{}'));
  }

  #finish({ delta, usage }: JsonObject, emit: Emit): void {
    this.#usage.add(usage);
    const reason = isJsonObject(delta) ? delta['stop_reason'] : undefined;
    if (reason === undefined || reason === null) return;
    emit(this.#chunks.finish(finishReason(reason)));
    const total = this.#usage.total();
    if (total !== undefined) emit(this.#chunks.usage(total));
  }
}
