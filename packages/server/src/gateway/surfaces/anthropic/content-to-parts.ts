import { isJsonObject, objectsOf } from '../../../providers/json.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import { onlyNative, type TranslationGap } from './translation-gap.ts';

export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

/** A member that has to be text; '' and a note when it is not. */
export function textMember(block: JsonObject, name: string, at: string, gap: TranslationGap): string {
  const value = block[name];
  if (typeof value === 'string') return value;
  gap.note(`${at}.${name}`, 'a string is needed.');
  return '';
}

function textPart(text: string): ChatPart {
  return { type: 'text', text };
}

function imageParts(block: JsonObject, at: string, gap: TranslationGap): ChatPart[] {
  const source = isJsonObject(block['source']) ? block['source'] : {};
  const place = `${at}.source`;
  if (source['type'] === 'url')
    return [{ type: 'image_url', image_url: { url: textMember(source, 'url', place, gap) } }];
  if (source['type'] === 'base64') {
    const mediaType = textMember(source, 'media_type', place, gap);
    const data = textMember(source, 'data', place, gap);
    return [{ type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } }];
  }
  gap.note(place, onlyNative('An image that is neither of type base64 nor url'));
  return [];
}

/** Title and context of a document stand before its text, as a model would be shown them. */
function headingOf(block: JsonObject): string {
  return ['title', 'context']
    .map((name) => block[name])
    .filter((value): value is string => typeof value === 'string' && value !== '')
    .map((value) => `${value}\n`)
    .join('');
}

function withHeading(block: JsonObject, parts: readonly ChatPart[]): ChatPart[] {
  const heading = headingOf(block);
  const [first, ...rest] = parts;
  if (heading === '' || first === undefined) return [...parts];
  return first.type === 'text' ? [textPart(heading + first.text), ...rest] : [textPart(heading), ...parts];
}

function documentParts(block: JsonObject, at: string, gap: TranslationGap): ChatPart[] {
  const source = isJsonObject(block['source']) ? block['source'] : {};
  const place = `${at}.source`;
  if (source['type'] === 'text') return withHeading(block, [textPart(textMember(source, 'data', place, gap))]);
  if (source['type'] === 'content') {
    const { content } = source;
    const parts = typeof content === 'string' ? [textPart(content)] : partsOf(content, `${place}.content`, gap);
    return withHeading(block, parts);
  }
  gap.note(place, onlyNative('A document that is not of type text or content (such as a PDF)'));
  return [];
}

function searchResultParts(block: JsonObject, at: string, gap: TranslationGap): ChatPart[] {
  const title = textMember(block, 'title', at, gap);
  const source = textMember(block, 'source', at, gap);
  const texts = objectsOf(block['content']).map((part) => (typeof part['text'] === 'string' ? part['text'] : ''));
  return [textPart([title, source, ...texts].join('\n'))];
}

/** One block that a user, a tool or a document shows the model. What cannot be said is noted and left out. */
export function partsOfBlock(block: JsonObject, at: string, gap: TranslationGap): ChatPart[] {
  switch (block['type']) {
    case 'text':
      return [textPart(textMember(block, 'text', at, gap))];
    case 'image':
      return imageParts(block, at, gap);
    case 'document':
      return documentParts(block, at, gap);
    case 'search_result':
      return searchResultParts(block, at, gap);
    default:
      gap.note(`${at}.type`, onlyNative(`A block of type ${JSON.stringify(block['type'])} in this place`));
      return [];
  }
}

/** A list of blocks. */
export function partsOf(content: unknown, at: string, gap: TranslationGap): ChatPart[] {
  if (!Array.isArray(content)) {
    gap.note(at, 'a string or a list of blocks is needed.');
    return [];
  }
  return content.flatMap((block: unknown, index) => {
    if (isJsonObject(block)) return partsOfBlock(block, `${at}.${index}`, gap);
    gap.note(`${at}.${index}`, 'a block is needed.');
    return [];
  });
}
