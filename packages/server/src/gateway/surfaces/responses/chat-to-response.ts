import type { JsonObject } from '../../../providers/provider.ts';
import { readUsage } from '../../read-usage.ts';
import type { NewItemId } from './normalise-input.ts';
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
import { endedState, responseObject, type ResponseSeed } from './response-object.ts';

interface ToolCall {
  readonly id?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null;
}

interface Choice {
  readonly finish_reason?: unknown;
  readonly logprobs?: { readonly content?: unknown } | null;
  readonly message?: {
    readonly content?: unknown;
    readonly refusal?: unknown;
    readonly reasoning_content?: unknown;
    readonly tool_calls?: unknown;
  } | null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function messageParts({ message, logprobs }: Choice): MessagePart[] {
  const parts: MessagePart[] = [];
  const probabilities = Array.isArray(logprobs?.content) ? (logprobs.content as unknown[]) : [];
  if (isText(message?.content)) parts.push(outputText(message.content, probabilities));
  if (isText(message?.refusal)) parts.push(refusalPart(message.refusal));
  return parts;
}

/** Makes an item once its status is known: only the last one of a broken-off answer is incomplete. */
type Unfinished = (status: ItemStatus) => OutputItem;

function itemsOf(choice: Choice, newItemId: NewItemId): Unfinished[] {
  const { message } = choice;
  const items: Unfinished[] = [];
  const reasoning = message?.reasoning_content;
  if (isText(reasoning)) {
    items.push((status) => reasoningItem(newItemId('rs'), status, [reasoningText(reasoning)]));
  }
  const parts = messageParts(choice);
  if (parts.length > 0) items.push((status) => messageItem(newItemId('msg'), status, parts));
  const calls = Array.isArray(message?.tool_calls) ? (message.tool_calls as (ToolCall | null)[]) : [];
  for (const call of calls) {
    if (typeof call !== 'object' || call === null) continue;
    const { name, arguments: text } = call.function ?? {};
    const given = {
      callId: isText(call.id) ? call.id : newItemId('call'),
      name: isText(name) ? name : '',
      arguments: isText(text) ? text : '',
    };
    items.push((status) => functionCallItem(newItemId('fc'), status, given));
  }
  return items;
}

/** A whole chat.completion, its public model name in it, as a Response. Pure but for new ids. */
export function chatToResponse(completion: JsonObject, seed: ResponseSeed): JsonObject {
  const { choices, model, usage } = completion;
  const first = Array.isArray(choices) ? (choices[0] as Choice | null | undefined) : undefined;
  const choice = first ?? {};
  const state = endedState(choice.finish_reason, readUsage(usage));
  const unfinished = itemsOf(choice, seed.newItemId);
  const output = unfinished.map((item, index) =>
    item(state.status === 'incomplete' && index === unfinished.length - 1 ? 'incomplete' : 'completed'),
  );
  return responseObject(seed, typeof model === 'string' ? model : seed.request.model, output, state);
}
