import { isJsonObject, objectsOf, parseJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { textBlocks, toContent } from './to-content.ts';

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: JsonObject[];
}

export interface Conversation {
  readonly system: JsonObject[];
  readonly messages: readonly Turn[];
}

/** Anthropic takes letters, digits, _ and - in the id of a call; other vendors' ids may have more. */
function toolUseId(id: unknown): string {
  const text = typeof id === 'string' ? id.replace(/[^a-zA-Z0-9_-]/g, '_') : '';
  return text === '' ? 'call' : text;
}

/** The input of a call a model has made. Arguments that were no JSON object are kept as text: the model may mend them. */
function inputOf(text: unknown): JsonObject {
  if (typeof text !== 'string' || text.trim() === '') return {};
  return parseJsonObject(text) ?? { arguments: text };
}

function toolUses(message: JsonObject): JsonObject[] {
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const called = isJsonObject(call['function']) ? call['function'] : {};
    return { type: 'tool_use', id: toolUseId(call['id']), name: called['name'], input: inputOf(called['arguments']) };
  });
  const old = message['function_call'];
  if (!isJsonObject(old)) return calls;
  // The form before tool calls had ids: name and id are one.
  return [
    ...calls,
    { type: 'tool_use', id: toolUseId(old['name']), name: old['name'], input: inputOf(old['arguments']) },
  ];
}

/** Thinking that came with an earlier answer, given back unchanged so that the model can go on with it. */
function thinkingBlocks(message: JsonObject): JsonObject[] {
  return objectsOf(message['thinking_blocks'])
    .filter((block) => block['type'] === 'redacted_thinking' || typeof block['signature'] === 'string')
    .map(({ index: _index, ...block }) => block);
}

function blocksOf(message: JsonObject, param: string): JsonObject[] {
  const content = toContent(message['content'], `${param}.content`);
  switch (message['role']) {
    case 'tool':
    case 'function': {
      const id = message['role'] === 'tool' ? message['tool_call_id'] : message['name'];
      return [{ type: 'tool_result', tool_use_id: toolUseId(id), ...(content.length === 0 ? {} : { content }) }];
    }
    case 'assistant':
      return [
        ...thinkingBlocks(message),
        ...(content.length === 0 ? textBlocks(message['refusal']) : content),
        ...toolUses(message),
      ];
    default:
      return content;
  }
}

/** Anthropic refuses a conversation whose last answer, to be gone on with, ends with white space. */
function trimLast(turns: readonly Turn[]): void {
  const last = turns.at(-1);
  const block = last?.role === 'assistant' ? last.content.at(-1) : undefined;
  if (last === undefined || block === undefined || typeof block['text'] !== 'string') return;
  const text = block['text'].trimEnd();
  last.content.splice(-1, 1, ...textBlocks(text).map((trimmed) => ({ ...block, ...trimmed })));
}

/**
 * The messages of a chat request as a system prompt and turns. System and developer messages are put together in front,
 * in their order; neighbours of one role become one turn, so that the results of parallel calls come back together.
 * @throws AppError UNSUPPORTED_CAPABILITY
 */
export function toConversation(messages: unknown): Conversation {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  for (const [index, message] of objectsOf(messages).entries()) {
    const blocks = blocksOf(message, `messages.${index}`);
    if (message['role'] === 'system' || message['role'] === 'developer') {
      system.push(...blocks);
      continue;
    }
    const role = message['role'] === 'assistant' ? 'assistant' : 'user';
    const before = turns.at(-1);
    if (before?.role === role) before.content.push(...blocks);
    else if (blocks.length > 0) turns.push({ role, content: blocks });
  }
  trimLast(turns);
  const said = turns.filter((turn) => turn.content.length > 0);
  // Instructions alone are a request as well; Anthropic wants somebody to have said something.
  if (said.length === 0) return { system: [], messages: [{ role: 'user', content: system }] };
  return { system, messages: said };
}
