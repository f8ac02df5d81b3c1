import { newId } from '../../../ids.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { TokenCounts } from '../../../usage/usage-event.ts';
import type { VersionedEvent } from '../../../versions/version-change.ts';
import type { ChatChunk, ChunkChoice, StreamDialect, ToolCallDelta } from '../../dialect.ts';
import type { MessageContext } from './chat-to-message.ts';
import { JsonEnd } from './json-end.ts';
import { messageUsage } from './message-usage.ts';
import { stopOf, type ChoiceEnd } from './stop-reason.ts';

type BlockKind = 'thinking' | 'text' | 'tool_use';

/** A block that is open, or waits for those before it to be closed. */
interface Block {
  readonly kind: BlockKind;
  /** OpenAI's index of the tool call. */
  readonly callIndex: number | undefined;
  id: string;
  name: string;
  started: boolean;
  /** Received and not sent yet. */
  waiting: string;
  /** Of tool calls: their arguments are whole. */
  readonly end: JsonEnd;
}

function event(data: JsonObject & { readonly type: string }): VersionedEvent {
  return { name: data.type, data: JSON.stringify(data) };
}

function deltaOf(kind: BlockKind, text: string): JsonObject {
  if (kind === 'text') return { type: 'text_delta', text };
  return kind === 'thinking'
    ? { type: 'thinking_delta', thinking: text }
    : { type: 'input_json_delta', partial_json: text };
}

export interface MessageEventsContext extends MessageContext {
  /** Public name. */
  readonly model: string;
  /** Our estimate: what message_start says; the count is told at the end. */
  readonly promptTokens: number;
}

/**
 * chat.completion.chunk events as Anthropic's: message_start, then each content block from start to stop, one after the
 * other, then message_delta with stop reason and usage, then message_stop. OpenAI may mix pieces of parallel tool calls;
 * a block that is not at its turn waits until those before it are whole.
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export class MessageEvents implements StreamDialect {
  readonly #context: MessageEventsContext;
  readonly #queue: Block[] = [];
  /** Calls whose block is closed: what still comes for them is no part of their arguments. */
  readonly #closedCalls = new Set<number>();
  #started = false;
  /** Index of the block at the head of the queue. */
  #index = 0;
  #end: ChoiceEnd = {};
  #hasToolUse = false;
  #isRefusal = false;

  constructor(context: MessageEventsContext) {
    this.#context = context;
  }

  onChunk(_chunk: ChatChunk, choices: readonly ChunkChoice[]): readonly VersionedEvent[] {
    const events = this.#start();
    // An upstream's list may hold anything; only the first choice is an answer here.
    for (const choice of choices as readonly (ChunkChoice | null)[])
      if (typeof choice === 'object' && choice !== null && (choice.index ?? 0) === 0) this.#onChoice(choice);
    this.#pump(events, false);
    return events;
  }

  finish(tokens: TokenCounts): readonly VersionedEvent[] {
    const events = this.#start();
    this.#pump(events, true);
    const { stopSequences } = this.#context;
    const stop = stopOf(this.#end, { hasToolUse: this.#hasToolUse, isRefusal: this.#isRefusal, stopSequences });
    events.push(
      event({ type: 'message_delta', delta: { ...stop }, usage: messageUsage(tokens) }),
      event({ type: 'message_stop' }),
    );
    return events;
  }

  #start(): VersionedEvent[] {
    if (this.#started) return [];
    this.#started = true;
    const { nowMs, model, promptTokens } = this.#context;
    const usage = messageUsage({ promptTokens, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 });
    const message = {
      id: newId('msg', nowMs),
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    };
    return [event({ type: 'message_start', message })];
  }

  #onChoice(choice: ChunkChoice & ChoiceEnd): void {
    if (choice.finish_reason !== undefined && choice.finish_reason !== null) this.#end = choice;
    const { delta } = choice;
    if (typeof delta !== 'object' || delta === null) return;
    this.#append('thinking', delta.reasoning_content);
    this.#append('text', delta.content);
    if (typeof delta.refusal === 'string' && delta.refusal !== '') {
      this.#isRefusal = true;
      this.#append('text', delta.refusal);
    }
    if (!Array.isArray(delta.tool_calls)) return;
    for (const call of delta.tool_calls as (ToolCallDelta | null)[])
      if (typeof call === 'object' && call !== null) this.#onCall(call);
  }

  #append(kind: 'text' | 'thinking', text: unknown): void {
    if (typeof text !== 'string' || text === '') return;
    const last = this.#queue.at(-1);
    const block = last?.kind === kind ? last : this.#add(kind, undefined);
    block.waiting += text;
  }

  #onCall(call: ToolCallDelta): void {
    const block = this.#blockOf(call);
    if (block === undefined) return;
    const { id, function: fn } = call;
    if (block.id === '' && typeof id === 'string') block.id = id;
    if (block.name === '' && typeof fn?.name === 'string') block.name = fn.name;
    if (typeof fn?.arguments !== 'string') return;
    block.waiting += fn.arguments;
    block.end.feed(fn.arguments);
  }

  /** By index; where a server gives several calls one index or none, by id. undefined: of a call that is closed. */
  #blockOf({ index, id, function: fn }: ToolCallDelta): Block | undefined {
    const known = this.#queue.findLast(
      (block) => block.kind === 'tool_use' && (index === undefined || block.callIndex === index),
    );
    const isNamed = typeof id === 'string' && id !== '' && typeof fn?.name === 'string' && fn.name !== '';
    if (known !== undefined)
      return isNamed && known.id !== '' && known.id !== id ? this.#add('tool_use', index) : known;
    const isClosed = index !== undefined && this.#closedCalls.has(index);
    return isClosed && !isNamed ? undefined : this.#add('tool_use', index);
  }

  #add(kind: BlockKind, callIndex: number | undefined): Block {
    const block = { kind, callIndex, id: '', name: '', started: false, waiting: '', end: new JsonEnd() };
    if (kind === 'tool_use') this.#hasToolUse = true;
    this.#queue.push(block);
    return block;
  }

  /** Sends what is at its turn. @param isOver nothing more comes: everything is sent and closed */
  #pump(events: VersionedEvent[], isOver: boolean): void {
    for (let [head] = this.#queue; head !== undefined; [head] = this.#queue) {
      if (head.kind === 'tool_use' && head.name === '' && !isOver) return;
      if (!head.started) events.push(this.#blockStart(head));
      if (head.waiting !== '') {
        events.push(
          event({ type: 'content_block_delta', index: this.#index, delta: deltaOf(head.kind, head.waiting) }),
        );
        head.waiting = '';
      }
      const isWhole = this.#queue.length > 1 && (head.kind !== 'tool_use' || head.end.reached);
      if (!isOver && !isWhole) return;
      events.push(event({ type: 'content_block_stop', index: this.#index }));
      if (head.callIndex !== undefined) this.#closedCalls.add(head.callIndex);
      this.#queue.shift();
      this.#index += 1;
    }
  }

  #blockStart(block: Block): VersionedEvent {
    block.started = true;
    const empty: Record<BlockKind, JsonObject> = {
      thinking: { type: 'thinking', thinking: '', signature: '' },
      text: { type: 'text', text: '' },
      tool_use: {
        type: 'tool_use',
        id: block.id === '' ? newId('toolu', this.#context.nowMs) : block.id,
        name: block.name,
        input: {},
      },
    };
    return event({ type: 'content_block_start', index: this.#index, content_block: empty[block.kind] });
  }
}
