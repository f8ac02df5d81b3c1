import type { MessagesRequest } from '@turnpike/contract/anthropic-messages';
import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { JsonObject } from '../../../providers/provider.ts';
import { partsOf, partsOfBlock, textMember, type ChatPart } from './content-to-parts.ts';
import { onlyNative, type TranslationGap } from './translation-gap.ts';

type ChatMessage = ChatCompletionRequest['messages'][number];
type Turn = MessagesRequest['messages'][number];
type Blocks = readonly JsonObject[];

/** A lone text is sent as the string it is: every server takes that. */
function contentOf(parts: ChatPart[]): string | ChatPart[] {
  const [first, second] = parts;
  if (first === undefined) return '';
  return second === undefined && first.type === 'text' ? first.text : parts;
}

interface ToolResult {
  readonly message: ChatMessage;
  /** OpenAI's tool messages hold text only; these follow in the user's name. */
  readonly images: readonly ChatPart[];
}

function toolResult(block: JsonObject, at: string, gap: TranslationGap): ToolResult {
  const id = textMember(block, 'tool_use_id', at, gap);
  const { content } = block;
  let parts: ChatPart[] = [];
  if (typeof content === 'string') parts = [{ type: 'text', text: content }];
  else if (content !== undefined && content !== null) parts = partsOf(content, `${at}.content`, gap);
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  const images = parts.filter((part) => part.type === 'image_url');
  return {
    message: {
      role: 'tool',
      tool_call_id: id,
      // OpenAI has no mark for a failed tool; the word is what models go by.
      content: block['is_error'] === true ? `Error: ${text}` : text,
    },
    images: images.length === 0 ? [] : [{ type: 'text', text: `Images of the tool result ${id}:` }, ...images],
  };
}

/** Results come first: OpenAI wants them right after the turn that called the tools. */
function userMessages(blocks: Blocks, at: string, gap: TranslationGap): ChatMessage[] {
  const results: ChatMessage[] = [];
  const parts: ChatPart[] = [];
  for (const [index, block] of blocks.entries()) {
    const place = `${at}.${index}`;
    if (block['type'] === 'tool_result') {
      const { message, images } = toolResult(block, place, gap);
      results.push(message);
      parts.push(...images);
    } else {
      parts.push(...partsOfBlock(block, place, gap));
    }
  }
  if (parts.length === 0 && results.length > 0) return results;
  return [...results, { role: 'user', content: contentOf(parts) }];
}

function toolCall(block: JsonObject, at: string, gap: TranslationGap): JsonObject {
  return {
    id: textMember(block, 'id', at, gap),
    type: 'function',
    function: { name: textMember(block, 'name', at, gap), arguments: JSON.stringify(block['input'] ?? {}) },
  };
}

/**
 * Texts of one turn are one text. Thinking is left out: its signature is worth something to the model that signed it
 * only, and other servers refuse the field.
 */
function assistantMessage(blocks: Blocks, at: string, gap: TranslationGap): ChatMessage {
  let text = '';
  const calls: JsonObject[] = [];
  for (const [index, block] of blocks.entries()) {
    const place = `${at}.${index}`;
    const { type } = block;
    if (type === 'text') text += textMember(block, 'text', place, gap);
    else if (type === 'tool_use') calls.push(toolCall(block, place, gap));
    else if (type !== 'thinking' && type !== 'redacted_thinking')
      gap.note(`${place}.type`, onlyNative(`A block of type ${JSON.stringify(type)} in a turn of the assistant`));
  }
  if (calls.length === 0) return { role: 'assistant', content: text };
  return { role: 'assistant', content: text === '' ? null : text, tool_calls: calls };
}

/** The messages of OpenAI's chat that one turn of a conversation is. */
export function messagesOfTurn({ role, content }: Turn, at: string, gap: TranslationGap): ChatMessage[] {
  if (typeof content === 'string') return [{ role, content }];
  const place = `${at}.content`;
  if (role === 'assistant') return [assistantMessage(content, place, gap)];
  if (role === 'user') return userMessages(content, place, gap);
  return [
    { role, content: content.map((block, index) => textMember(block, 'text', `${place}.${index}`, gap)).join('\n\n') },
  ];
}
