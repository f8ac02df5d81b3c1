import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { unsupported } from '../unsupported.ts';

const imageTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
};

/** A text part; none for no text: Gemini refuses empty ones. */
export function textParts(text: unknown): JsonObject[] {
  return typeof text === 'string' && text !== '' ? [{ text }] : [];
}

function decodePercent(text: string): string | undefined {
  try {
    return Buffer.from(decodeURIComponent(text), 'utf8').toString('base64');
  } catch {
    return undefined;
  }
}

/** The bytes of a data: URL (RFC 2397) as an `inlineData` part; undefined when it is none. */
function inlinePart(url: string): JsonObject | undefined {
  const comma = url.indexOf(',');
  if (comma === -1 || url.slice(0, 5).toLowerCase() !== 'data:') return undefined;
  const [mimeType, ...attributes] = url.slice(5, comma).split(';');
  if (mimeType === undefined || mimeType === '') return undefined;
  const payload = url.slice(comma + 1);
  const data = attributes.includes('base64') ? payload : decodePercent(payload);
  return data === undefined ? undefined : { inlineData: { mimeType, data } };
}

/**
 * A file for Gemini to fetch. Files stored at Gemini belong to whoever owns the key, which many tenants may share: they
 * are not to be had by naming them.
 */
function remotePart(url: string): JsonObject | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, pathname } = new URL(url);
  if (
    (protocol !== 'https:' && protocol !== 'http:') ||
    /(?:^|\.)generativelanguage\.googleapis\.com\.?$/.test(hostname)
  )
    return undefined;
  const extension = /\.(\w+)$/.exec(pathname)?.[1]?.toLowerCase() ?? '';
  const mimeType = Object.hasOwn(imageTypes, extension) ? imageTypes[extension] : undefined;
  return { fileData: { ...(mimeType === undefined ? {} : { mimeType }), fileUri: url } };
}

function imagePart(part: JsonObject, param: string): JsonObject {
  const image = part['image_url'];
  const url = isJsonObject(image) ? image['url'] : image;
  const given = typeof url === 'string' ? (inlinePart(url) ?? remotePart(url)) : undefined;
  if (given !== undefined) return given;
  throw unsupported(
    `${param}.image_url`,
    `${param}.image_url must have a url: data: with a media type and the image in it, or http(s) of a public image.`,
  );
}

function filePart(part: JsonObject, param: string): JsonObject {
  const file = isJsonObject(part['file']) ? part['file'] : {};
  const given = typeof file['file_data'] === 'string' ? inlinePart(file['file_data']) : undefined;
  if (given !== undefined) return given;
  throw unsupported(
    `${param}.file`,
    `${param}.file must have file_data as a data: URL with a media type for this model.`,
  );
}

function audioPart(part: JsonObject, param: string): JsonObject {
  const audio = isJsonObject(part['input_audio']) ? part['input_audio'] : {};
  const { data, format } = audio;
  if (typeof data !== 'string' || typeof format !== 'string' || !/^\w+$/.test(format))
    throw unsupported(`${param}.input_audio`, `${param}.input_audio must have data (base64) and format (wav, mp3 …).`);
  return { inlineData: { mimeType: `audio/${format.toLowerCase()}`, data } };
}

function partsOf(part: JsonObject, param: string): JsonObject[] {
  switch (part['type']) {
    case 'text':
      return textParts(part['text']);
    case 'refusal':
      return textParts(part['refusal']);
    case 'image_url':
      return [imagePart(part, param)];
    case 'file':
      return [filePart(part, param)];
    case 'input_audio':
      return [audioPart(part, param)];
    default:
      throw unsupported(
        param,
        `${param} is of type ${String(part['type'])}, which this model does not read. It reads text, image_url, file and input_audio.`,
      );
  }
}

/**
 * The content of a chat message as Gemini's parts.
 * @param param where the content stands in the request, such as `messages.0.content`
 * @throws AppError UNSUPPORTED_CAPABILITY naming the part that has no counterpart
 */
export function toParts(content: unknown, param: string): JsonObject[] {
  if (!Array.isArray(content)) return textParts(content);
  return content.flatMap((part: unknown, index) =>
    isJsonObject(part) ? partsOf(part, `${param}.${index}`) : textParts(part),
  );
}
