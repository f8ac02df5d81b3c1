import type { ResponsesRequest } from '@turnpike/contract/openai-responses';
import type { JsonObject } from '../../../providers/provider.ts';

/** Makes an id of a kind: `msg_…`. */
export type NewItemId = (kind: string) => string;

const kinds: Readonly<Record<string, string>> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fco',
  reasoning: 'rs',
};

/** An item that stands for a stored one. */
export function isReference(item: JsonObject): boolean {
  const type = item['type'] ?? undefined;
  return type === 'item_reference' || (type === undefined && !('role' in item) && typeof item['id'] === 'string');
}

function contentOf(role: unknown, content: unknown): unknown {
  if (typeof content !== 'string') return content;
  return role === 'assistant'
    ? [{ type: 'output_text', text: content, annotations: [], logprobs: [] }]
    : [{ type: 'input_text', text: content }];
}

/** One item as it is kept and listed: with its type, an id and a status, and content in parts. */
function normalise(item: JsonObject, newItemId: NewItemId): JsonObject {
  if (isReference(item)) return item;
  const type = typeof item['type'] === 'string' ? item['type'] : 'message';
  const given = item['id'];
  const id = typeof given === 'string' && given !== '' ? given : newItemId(kinds[type] ?? 'item');
  const content = 'content' in item ? { content: contentOf(item['role'], item['content']) } : {};
  return { status: 'completed', ...item, id, type, ...content };
}

/** The input of a request as items. Nothing is judged here: an item of an unknown kind passes. */
export function normaliseInput(input: ResponsesRequest['input'], newItemId: NewItemId): JsonObject[] {
  if (input === undefined || input === null) return [];
  const items: readonly JsonObject[] = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  return items.map((item) => normalise(item, newItemId));
}
