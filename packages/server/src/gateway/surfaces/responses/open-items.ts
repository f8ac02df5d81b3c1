import type { JsonObject } from '../../../providers/provider.ts';
import {
  functionCallItem,
  messageItem,
  outputText,
  reasoningItem,
  reasoningText,
  refusalPart,
  type ItemStatus,
  type MessagePart,
  type OutputItem,
} from './output-items.ts';

/** An event before it has its number. */
export interface Said {
  readonly type: string;
  readonly fields: JsonObject;
}

/** Where an item stands in the response. */
export interface Place {
  readonly id: string;
  readonly outputIndex: number;
}

/** An item of the output while it is being said. Pure but for its own state. */
export interface OpenItem {
  /** The first event of the item. */
  added(): Said;
  /** The last events of the item. */
  close(status: ItemStatus): Said[];
  /** The item as far as it has come. @param status of an item that is not closed; a closed one knows its own */
  snapshot(status: ItemStatus): OutputItem;
}

function about({ id, outputIndex }: Place, contentIndex: number): JsonObject {
  return { item_id: id, output_index: outputIndex, content_index: contentIndex };
}

function itemAdded({ outputIndex }: Place, item: OutputItem): Said {
  return { type: 'response.output_item.added', fields: { output_index: outputIndex, item } };
}

function itemDone({ outputIndex }: Place, item: OutputItem): Said {
  return { type: 'response.output_item.done', fields: { output_index: outputIndex, item } };
}

/** What a model thinks aloud: one part of text. */
export class OpenReasoning implements OpenItem {
  readonly #place: Place;
  #text = '';
  #closedAs: ItemStatus | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  added(): Said {
    return itemAdded(this.#place, reasoningItem(this.#place.id, 'in_progress', []));
  }

  think(delta: string): Said[] {
    const where = about(this.#place, 0);
    const begun: Said[] =
      this.#text === '' ? [{ type: 'response.content_part.added', fields: { ...where, part: reasoningText('') } }] : [];
    this.#text += delta;
    return [...begun, { type: 'response.reasoning_text.delta', fields: { ...where, delta } }];
  }

  close(status: ItemStatus): Said[] {
    this.#closedAs = status;
    const where = about(this.#place, 0);
    return [
      { type: 'response.reasoning_text.done', fields: { ...where, text: this.#text } },
      { type: 'response.content_part.done', fields: { ...where, part: reasoningText(this.#text) } },
      itemDone(this.#place, this.snapshot(status)),
    ];
  }

  snapshot(status: ItemStatus): OutputItem {
    const content = this.#text === '' ? [] : [reasoningText(this.#text)];
    return reasoningItem(this.#place.id, this.#closedAs ?? status, content);
  }
}

/** What the model says to the user: parts of text and of refusal, one open at a time. */
export class OpenMessage implements OpenItem {
  readonly #place: Place;
  readonly #parts: MessagePart[] = [];
  /** The part being said, not yet in `#parts`. */
  #part: { readonly kind: 'output_text' | 'refusal'; text: string; readonly logprobs: unknown[] } | undefined;
  #closedAs: ItemStatus | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  added(): Said {
    return itemAdded(this.#place, messageItem(this.#place.id, 'in_progress', []));
  }

  say(kind: 'output_text' | 'refusal', delta: string, logprobs: readonly unknown[]): Said[] {
    const events = this.#part?.kind === kind ? [] : this.#closePart();
    if (this.#part === undefined) {
      this.#part = { kind, text: '', logprobs: [] };
      events.push({ type: 'response.content_part.added', fields: { ...this.#where(), part: this.#current() } });
    }
    this.#part.text += delta;
    // One by one: a long list spread into a call would overflow the stack.
    for (const logprob of logprobs) this.#part.logprobs.push(logprob);
    const fields = { ...this.#where(), delta, ...(kind === 'output_text' ? { logprobs } : {}) };
    events.push({ type: `response.${kind}.delta`, fields });
    return events;
  }

  close(status: ItemStatus): Said[] {
    const events = this.#closePart();
    this.#closedAs = status;
    events.push(itemDone(this.#place, this.snapshot(status)));
    return events;
  }

  snapshot(status: ItemStatus): OutputItem {
    const content = this.#part === undefined ? [...this.#parts] : [...this.#parts, this.#current()];
    return messageItem(this.#place.id, this.#closedAs ?? status, content);
  }

  #where(): JsonObject {
    return about(this.#place, this.#parts.length);
  }

  #current(): MessagePart {
    const { kind = 'output_text', text = '', logprobs = [] } = this.#part ?? {};
    return kind === 'refusal' ? refusalPart(text) : outputText(text, [...logprobs]);
  }

  #closePart(): Said[] {
    if (this.#part === undefined) return [];
    const where = this.#where();
    const part = this.#current();
    this.#parts.push(part);
    this.#part = undefined;
    const done =
      part.type === 'refusal'
        ? { type: 'response.refusal.done', fields: { ...where, refusal: part.refusal } }
        : { type: 'response.output_text.done', fields: { ...where, text: part.text, logprobs: part.logprobs } };
    return [done, { type: 'response.content_part.done', fields: { ...where, part } }];
  }
}

/** A call of a function. Several may be open at once: their pieces come in any order. */
export class OpenCall implements OpenItem {
  readonly #place: Place;
  readonly #callId: string;
  readonly #name: string;
  #arguments = '';
  #closedAs: ItemStatus | undefined;

  constructor(place: Place, call: { readonly callId: string; readonly name: string }) {
    this.#place = place;
    this.#callId = call.callId;
    this.#name = call.name;
  }

  added(): Said {
    return itemAdded(this.#place, this.snapshot('in_progress'));
  }

  argue(delta: string): Said[] {
    if (delta === '') return [];
    this.#arguments += delta;
    return [{ type: 'response.function_call_arguments.delta', fields: { ...this.#where(), delta } }];
  }

  close(status: ItemStatus): Said[] {
    this.#closedAs = status;
    const fields = { ...this.#where(), name: this.#name, arguments: this.#arguments };
    return [{ type: 'response.function_call_arguments.done', fields }, itemDone(this.#place, this.snapshot(status))];
  }

  snapshot(status: ItemStatus): OutputItem {
    const call = { callId: this.#callId, name: this.#name, arguments: this.#arguments };
    return functionCallItem(this.#place.id, this.#closedAs ?? status, call);
  }

  #where(): JsonObject {
    return { item_id: this.#place.id, output_index: this.#place.outputIndex };
  }
}
