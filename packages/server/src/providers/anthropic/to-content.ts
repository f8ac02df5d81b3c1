import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { unsupported } from '../unsupported.ts';

const dataUrl = /^data:([^;,]+)(?:;[^,]*)?;base64,(.*)$/s;

/** A text block; none for no text but white space: Anthropic refuses such blocks. */
export function textBlocks(text: unknown): JsonObject[] {
  return typeof text === 'string' && text.trim() !== '' ? [{ type: 'text', text }] : [];
}

function imageBlock(part: JsonObject, param: string): JsonObject {
  const image = part['image_url'];
  const url = isJsonObject(image) ? image['url'] : image;
  if (typeof url !== 'string') throw unsupported(`${param}.image_url`, `${param}.image_url must have a url.`);
  const inline = dataUrl.exec(url);
  if (inline === null) return { type: 'image', source: { type: 'url', url } };
  return { type: 'image', source: { type: 'base64', media_type: inline[1], data: inline[2] } };
}

function documentBlock(part: JsonObject, param: string): JsonObject {
  const file = isJsonObject(part['file']) ? part['file'] : {};
  const inline = typeof file['file_data'] === 'string' ? dataUrl.exec(file['file_data']) : null;
  if (inline === null)
    throw unsupported(`${param}.file`, `${param}.file must have file_data as a data: URL for this model.`);
  const title = typeof file['filename'] === 'string' ? { title: file['filename'] } : {};
  if (inline[1] === 'application/pdf')
    return { type: 'document', source: { type: 'base64', media_type: inline[1], data: inline[2] }, ...title };
  if (inline[1]?.startsWith('text/') === true) {
    const data = Buffer.from(inline[2] ?? '', 'base64').toString('utf8');
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data }, ...title };
  }
  throw unsupported(`${param}.file`, `${param}.file: this model reads PDF and text files only.`);
}

/** One part of a chat message; `cache_control` beside it goes along. */
function partBlocks(part: JsonObject, param: string): JsonObject[] {
  const cache = isJsonObject(part['cache_control']) ? { cache_control: part['cache_control'] } : {};
  switch (part['type']) {
    case 'text':
      return textBlocks(part['text']).map((block) => ({ ...block, ...cache }));
    case 'refusal':
      return textBlocks(part['refusal']);
    case 'image_url':
      return [{ ...imageBlock(part, param), ...cache }];
    case 'file':
      return [{ ...documentBlock(part, param), ...cache }];
    default:
      throw unsupported(
        param,
        `${param} is of type ${String(part['type'])}, which this model does not read. It reads text, image_url and file.`,
      );
  }
}

/**
 * The content of a chat message as Anthropic's content blocks.
 * @param param where the content stands in the request, such as `messages.0.content`
 * @throws AppError UNSUPPORTED_CAPABILITY naming the part that has no counterpart
 */
export function toContent(content: unknown, param: string): JsonObject[] {
  if (!Array.isArray(content)) return textBlocks(content);
  return content.flatMap((part: unknown, index) =>
    isJsonObject(part) ? partBlocks(part, `${param}.${index}`) : textBlocks(part),
  );
}
