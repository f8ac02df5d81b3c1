import { objectsOf } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { finishReason, UsageTally } from './usage.ts';

function joined(blocks: readonly JsonObject[], type: string): string {
  return blocks
    .filter((block) => block['type'] === type)
    .map((block) => block[type])
    .filter((text) => typeof text === 'string')
    .join('');
}

function toolCalls(blocks: readonly JsonObject[]): JsonObject[] {
  return blocks
    .filter((block) => block['type'] === 'tool_use')
    .map((block) => ({
      id: block['id'],
      type: 'function',
      function: { name: block['name'], arguments: JSON.stringify(block['input'] ?? {}) },
    }));
}

/** What a refusal says of itself, as OpenAI's `refusal`. */
function refusalOf(message: JsonObject): string | null {
  const { explanation } = (message['stop_details'] ?? {}) as JsonObject;
  return message['stop_reason'] === 'refusal' && typeof explanation === 'string' ? explanation : null;
}

/**
 * A Message of Anthropic as a chat.completion. Thoughts become `reasoning_content`; `thinking_blocks` has them as they
 * came, signatures included, to be sent back with the calls they led to.
 */
export function fromMessage(message: JsonObject, nowMs: number): JsonObject {
  const blocks = objectsOf(message['content']);
  const text = joined(blocks, 'text');
  const thinking = joined(blocks, 'thinking');
  const thoughts = blocks.filter((block) => block['type'] === 'thinking' || block['type'] === 'redacted_thinking');
  const calls = toolCalls(blocks);
  const tally = new UsageTally();
  tally.add(message['usage']);
  const usage = tally.total();
  return {
    id: message['id'],
    object: 'chat.completion',
    created: Math.floor(nowMs / 1_000),
    model: message['model'],
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: refusalOf(message),
          ...(thinking === '' ? {} : { reasoning_content: thinking }),
          ...(thoughts.length === 0 ? {} : { thinking_blocks: thoughts }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishReason(message['stop_reason']),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}
