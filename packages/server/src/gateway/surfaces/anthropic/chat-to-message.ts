import { newId } from '../../../ids.ts';
import { isJsonObject, objectsOf, parseJsonObject } from '../../../providers/json.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import { readUsage } from '../../read-usage.ts';
import { messageUsage } from './message-usage.ts';
import { stopOf } from './stop-reason.ts';

const noTokens = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 };

function nonEmpty(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Text of an answer; some servers give it in parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => (part['type'] === 'text' ? nonEmpty(part['text']) : ''))
    .join('');
}

/**
 * Anthropic's `input` is always an object. Arguments that are none (a model broke off or erred) are not dropped: a tool
 * must not run on an empty input that nobody meant.
 */
function inputOf(text: string): JsonObject {
  if (text.trim() === '') return {};
  return parseJsonObject(text) ?? { invalid_arguments: text };
}

function toolUse(call: JsonObject, nowMs: number): JsonObject {
  const fn = isJsonObject(call['function']) ? call['function'] : {};
  const id = nonEmpty(call['id']);
  return {
    type: 'tool_use',
    id: id === '' ? newId('toolu', nowMs) : id,
    name: nonEmpty(fn['name']),
    input: inputOf(nonEmpty(fn['arguments'])),
  };
}

function contentBlocks(message: JsonObject, nowMs: number): JsonObject[] {
  const thinking = nonEmpty(message['reasoning_content']);
  const text = textOf(message['content']) + nonEmpty(message['refusal']);
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking', thinking, signature: '' }]),
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...objectsOf(message['tool_calls']).map((call) => toolUse(call, nowMs)),
  ];
}

export interface MessageContext {
  readonly nowMs: number;
  /** What the caller asked to stop at. */
  readonly stopSequences: readonly string[];
}

/**
 * A chat.completion, its `model` already the public one, as Anthropic's Message. Pure but for the ids it makes. Takes
 * whatever an upstream sent and never throws.
 */
export function chatToMessage(completion: JsonObject, { nowMs, stopSequences }: MessageContext): JsonObject {
  const choice = objectsOf(completion['choices'])[0] ?? {};
  const message = isJsonObject(choice['message']) ? choice['message'] : {};
  const content = contentBlocks(message, nowMs);
  return {
    id: newId('msg', nowMs),
    type: 'message',
    role: 'assistant',
    model: completion['model'],
    content,
    ...stopOf(choice, {
      hasToolUse: content.some(({ type }) => type === 'tool_use'),
      isRefusal: nonEmpty(message['refusal']) !== '',
      stopSequences,
    }),
    usage: messageUsage(readUsage(completion['usage']) ?? noTokens),
  };
}
