import type { JsonObject } from '../provider.ts';

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a message's content: a string, or the text parts of a list. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = content.map((part: unknown) =>
    isObject(part) && typeof part['text'] === 'string' ? part['text'] : '',
  );
  return texts.filter((text) => text !== '').join('\n');
}

function messagesOf(body: JsonObject): JsonObject[] {
  const messages = body['messages'];
  return Array.isArray(messages) ? messages.filter(isObject) : [];
}

/** What the user asked last; empty when no message of a user has text. */
export function lastUserText(body: JsonObject): string {
  return contentText(messagesOf(body).findLast((message) => message['role'] === 'user')?.['content']);
}

/** Text and number of all messages, for counting the prompt. */
export function promptText(body: JsonObject): { readonly text: string; readonly messages: number } {
  const messages = messagesOf(body);
  return { text: messages.map((message) => contentText(message['content'])).join('\n'), messages: messages.length };
}
