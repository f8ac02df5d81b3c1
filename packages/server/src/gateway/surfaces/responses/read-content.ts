import { imagePart, refusalPart, textPart } from '@turnpike/contract/openai-responses';
import type { ChatImagePart, ChatPart, ChatTextPart } from './chat-message.ts';
import { check, refusal } from './refuse.ts';

type Content = string | readonly { readonly type: string }[];

const textTypes = new Set(['input_text', 'output_text', 'text', 'summary_text', 'reasoning_text']);

function readImage(part: unknown, path: string): ChatImagePart {
  const { image_url: url, file_id: fileId, detail } = check(imagePart, part, path);
  if (fileId !== undefined && fileId !== null)
    throw refusal(`${path}.file_id`, 'images by file id are not supported; send the image in image_url.');
  if (url === undefined || url === null || url === '')
    throw refusal(`${path}.image_url`, 'required: an http or https URL, or a data URL.');
  return { type: 'image_url', image_url: { url, ...(detail === undefined || detail === null ? {} : { detail }) } };
}

function readText(part: { readonly type: string }, path: string): ChatTextPart {
  if (part.type === 'refusal') return { type: 'text', text: check(refusalPart, part, path).refusal };
  if (textTypes.has(part.type)) return { type: 'text', text: check(textPart, part, path).text };
  throw refusal(
    `${path}.type`,
    `${JSON.stringify(part.type)} is not supported here; supported are input_text and output_text, and input_image in messages of the user.`,
  );
}

/** The text of content that may hold nothing else. @param separator between parts @throws AppError INVALID_REQUEST */
export function textOf(content: Content, path: string, separator: string): string {
  if (typeof content === 'string') return content;
  return content.map((part, index) => readText(part, `${path}.${index}`).text).join(separator);
}

/** A user's content: text and images. One text alone is a string, as every server takes it. @throws AppError INVALID_REQUEST */
export function userContent(content: Content, path: string): string | readonly ChatPart[] {
  if (typeof content === 'string') return content;
  const parts = content.map((part, index) =>
    part.type === 'input_image' ? readImage(part, `${path}.${index}`) : readText(part, `${path}.${index}`),
  );
  const [only, ...others] = parts;
  if (only === undefined) throw refusal(path, 'at least one part is required.');
  return others.length === 0 && only.type === 'text' ? only.text : parts;
}
