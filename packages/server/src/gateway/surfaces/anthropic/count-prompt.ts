import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import { isJsonObject, objectsOf } from '../../../providers/json.ts';
import { imageTokens } from '../../../tokens/estimate.ts';

/** Role and separators of one message, and the opening of the answer, as chat models are prompted. */
const messageTokens = 4;
const replyTokens = 3;

interface Prompt {
  readonly texts: string[];
  images: number;
}

function addContent(prompt: Prompt, content: unknown): void {
  if (typeof content === 'string') prompt.texts.push(content);
  for (const part of objectsOf(content)) {
    if (typeof part['text'] === 'string') prompt.texts.push(part['text']);
    else if (part['type'] === 'image_url') prompt.images += 1;
  }
}

function addCalls(prompt: Prompt, calls: unknown): void {
  for (const { function: fn } of objectsOf(calls)) {
    if (!isJsonObject(fn)) continue;
    for (const part of [fn['name'], fn['arguments']]) if (typeof part === 'string') prompt.texts.push(part);
  }
}

/**
 * Tokens of a translated prompt by our own tokenizer, for models whose server does not count.
 * @param countTokens of one text
 */
export function countPrompt(body: ChatCompletionRequest, countTokens: (text: string) => number): number {
  const prompt: Prompt = { texts: [], images: 0 };
  for (const message of body.messages) {
    addContent(prompt, message.content);
    addCalls(prompt, message['tool_calls']);
  }
  for (const extra of [body.tools, body.response_format])
    if (extra !== undefined && extra !== null) prompt.texts.push(JSON.stringify(extra));
  const written = prompt.texts.reduce((sum, text) => sum + countTokens(text), 0);
  return written + prompt.images * imageTokens + body.messages.length * messageTokens + replyTokens;
}
