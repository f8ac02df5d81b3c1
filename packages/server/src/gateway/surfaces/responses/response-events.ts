import type { AppError } from '../../../errors.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { TokenCounts } from '../../../usage/usage-event.ts';
import type { VersionedEvent } from '../../../versions/version-change.ts';
import type { ChatChunk, ChunkChoice, StreamDialect, ToolCallDelta } from '../../dialect.ts';
import { errorEventData, responseError } from './error-event.ts';
import { OpenCall, OpenMessage, OpenReasoning, type OpenItem, type Place, type Said } from './open-items.ts';
import { endedState, responseObject, type ResponseSeed, type ResponseState } from './response-object.ts';

/** A call whose name has not come yet: nothing can be said of it. */
interface NamelessCall {
  id: string | undefined;
  arguments: string;
}

interface CallSlot {
  id: string | undefined;
  open: OpenCall | NamelessCall;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The choice's log probabilities, which chat sends beside the delta. */
function logprobsOf(choice: ChunkChoice): readonly unknown[] {
  const { logprobs } = choice as { readonly logprobs?: { readonly content?: unknown } | null };
  return Array.isArray(logprobs?.content) ? (logprobs.content as unknown[]) : [];
}

/**
 * Chat chunks as the events of one streamed Response. Reasoning and messages follow one another: each is done when the
 * next item begins. Function calls stay open to the end, since pieces of parallel calls may come in any order.
 */
export class ResponseEvents implements StreamDialect {
  readonly #seed: ResponseSeed;
  readonly #model: string;
  readonly #onEnd: (response: JsonObject) => void;
  /** By output index. */
  readonly #items: OpenItem[] = [];
  #speaking: OpenReasoning | OpenMessage | undefined;
  /** By the index of the tool call; a used one is replaced when another call takes its index. */
  readonly #slots = new Map<number, CallSlot>();
  readonly #calls: OpenCall[] = [];
  #sequence = 0;
  #finishReason: string | undefined;

  /** @param onEnd given the last response: completed, incomplete or failed */
  constructor(seed: ResponseSeed, model: string, onEnd: (response: JsonObject) => void) {
    this.#seed = seed;
    this.#model = model;
    this.#onEnd = onEnd;
  }

  onChunk(_chunk: ChatChunk, choices: readonly ChunkChoice[]): readonly VersionedEvent[] {
    const said: Said[] = [];
    for (const choice of choices as readonly (ChunkChoice | null)[]) {
      // More than one answer cannot be asked for.
      if (typeof choice === 'object' && choice !== null && (choice.index ?? 0) === 0) this.#onChoice(choice, said);
    }
    return [...this.#begin(), ...this.#number(said)];
  }

  finish(tokens: TokenCounts): readonly VersionedEvent[] {
    const said: Said[] = [];
    for (const [index, slot] of this.#slots) {
      if (!(slot.open instanceof OpenCall)) this.#openCall(index, slot.id, '', slot.open.arguments, said);
    }
    const state = endedState(this.#finishReason, tokens);
    const last = this.#items.at(-1);
    const close = (item: OpenItem): void => {
      said.push(...item.close(state.status === 'incomplete' && item === last ? 'incomplete' : 'completed'));
    };
    if (this.#speaking !== undefined) close(this.#speaking);
    for (const call of this.#calls) close(call);
    const response = this.#response(state);
    said.push({ type: `response.${state.status}`, fields: { response } });
    this.#onEnd(response);
    return [...this.#begin(), ...this.#number(said)];
  }

  fail(error: AppError): readonly VersionedEvent[] {
    const response = this.#response({ status: 'failed', error: responseError(error) });
    const events = [...this.#begin(), ...this.#number([{ type: 'response.failed', fields: { response } }])];
    this.#onEnd(response);
    return [...events, { name: 'error', data: JSON.stringify(errorEventData(error, this.#sequence++)) }];
  }

  #onChoice(choice: ChunkChoice, said: Said[]): void {
    const { delta } = choice;
    if (isText(choice.finish_reason)) this.#finishReason = choice.finish_reason;
    if (typeof delta !== 'object' || delta === null) return;
    if (isText(delta.reasoning_content)) said.push(...this.#reasoning(said).think(delta.reasoning_content));
    if (isText(delta.content)) said.push(...this.#message(said).say('output_text', delta.content, logprobsOf(choice)));
    if (isText(delta.refusal)) said.push(...this.#message(said).say('refusal', delta.refusal, []));
    if (!Array.isArray(delta.tool_calls)) return;
    for (const [position, call] of (delta.tool_calls as readonly (ToolCallDelta | null)[]).entries()) {
      if (typeof call === 'object' && call !== null) this.#onToolCall(call.index ?? position, call, said);
    }
  }

  #onToolCall(index: number, call: ToolCallDelta, said: Said[]): void {
    const { name, arguments: text } = call.function ?? {};
    const id = isText(call.id) ? call.id : undefined;
    const piece = isText(text) ? text : '';
    let slot = this.#slots.get(index);
    // Some servers number every whole call 0: another id is another call.
    if (slot === undefined || (id !== undefined && slot.id !== undefined && slot.id !== id)) {
      slot = { id, open: { id, arguments: '' } };
      this.#slots.set(index, slot);
    }
    slot.id ??= id;
    if (slot.open instanceof OpenCall) said.push(...slot.open.argue(piece));
    else if (isText(name)) this.#openCall(index, slot.id, name, slot.open.arguments + piece, said);
    else slot.open.arguments += piece;
  }

  #openCall(index: number, id: string | undefined, name: string, argumentsSoFar: string, said: Said[]): void {
    const callId = id ?? this.#seed.newItemId('call');
    const call = this.#open(this.#place('fc'), (place) => new OpenCall(place, { callId, name }), said);
    said.push(...call.argue(argumentsSoFar));
    this.#calls.push(call);
    this.#slots.set(index, { id, open: call });
  }

  #reasoning(said: Said[]): OpenReasoning {
    if (this.#speaking instanceof OpenReasoning) return this.#speaking;
    const reasoning = this.#open(this.#place('rs'), (place) => new OpenReasoning(place), said);
    this.#speaking = reasoning;
    return reasoning;
  }

  #message(said: Said[]): OpenMessage {
    if (this.#speaking instanceof OpenMessage) return this.#speaking;
    const message = this.#open(this.#place('msg'), (place) => new OpenMessage(place), said);
    this.#speaking = message;
    return message;
  }

  /** Begins an item; what was being said before it is done. */
  #open<Item extends OpenItem>(place: Place, make: (place: Place) => Item, said: Said[]): Item {
    if (this.#speaking !== undefined) said.push(...this.#speaking.close('completed'));
    this.#speaking = undefined;
    const item = make(place);
    this.#items.push(item);
    said.push(item.added());
    return item;
  }

  #place(kind: string): Place {
    return { id: this.#seed.newItemId(kind), outputIndex: this.#items.length };
  }

  #response(state: ResponseState): JsonObject {
    const status = state.status === 'failed' ? 'incomplete' : 'in_progress';
    const output = this.#items.map((item) => item.snapshot(status));
    return responseObject(this.#seed, this.#model, output, state);
  }

  /** The two events that open every stream, before anything else is numbered. */
  #begin(): VersionedEvent[] {
    if (this.#sequence > 0) return [];
    const response = responseObject(this.#seed, this.#model, [], { status: 'in_progress' });
    return this.#number([
      { type: 'response.created', fields: { response } },
      { type: 'response.in_progress', fields: { response } },
    ]);
  }

  #number(said: readonly Said[]): VersionedEvent[] {
    return said.map(({ type, fields }) => ({
      name: type,
      data: JSON.stringify({ type, sequence_number: this.#sequence++, ...fields }),
    }));
  }
}
