/** What an image part is taken to cost: a picture of 1024 × 1024 in OpenAI's high detail. */
export const imageTokens = 765;
/** Role and separators of one message. */
const messageTokens = 4;
/** Opening of the answer. */
const replyTokens = 3;
/** Quotes, colon and comma around one member of an object. */
const memberTokens = 2.5;
/** Deeper than a request body may be nested. */
const deepest = 80;
/** Characters of a text that are looked at one by one; the rest is judged by its bytes. */
const examinedCharacters = 262_144;

type Kind = 0 | 1 | 2 | 3 | 4 | 5;
const space: Kind = 0;
const lower: Kind = 1;
const upper: Kind = 2;
const digit: Kind = 3;
const newline: Kind = 4;
const sign: Kind = 5;

const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === 10 || code === 13) return newline;
  if (code <= 32) return space;
  if (code >= 97 && code <= 122) return lower;
  if (code >= 65 && code <= 90) return upper;
  return code >= 48 && code <= 57 ? digit : sign;
});

/**
 * What one more character adds to the tokens, by the kind of the character before it. Rows: before; columns: this one,
 * in the order of the kinds. A new word, number or run of signs begins a token; going on with one adds a part of it.
 */
const steps = Float64Array.of(
  // space lower  upper  digit  newline sign
  /* space   */ 0.12,
  0.85,
  0.9,
  1.05,
  0.4,
  0.95,
  /* lower   */ 0,
  0.13,
  0.85,
  1.05,
  0.6,
  0.9,
  /* upper   */ 0,
  0.26,
  0.45,
  1.05,
  0.6,
  0.9,
  /* digit   */ 0.05,
  0.95,
  0.95,
  0.4,
  0.6,
  1,
  /* newline */ 0.5,
  0.9,
  0.95,
  1.05,
  0.2,
  1,
  /* sign    */ 0.05,
  0.6,
  0.65,
  1,
  0.4,
  0.66,
);

/** Tokens of one UTF-16 unit beyond ASCII. */
function foreign(code: number): number {
  if (code < 0x250) return 1; // Latin letters with marks: they break words into more pieces
  if (code < 0x600) return 0.37; // Greek, Cyrillic, Armenian, Hebrew
  if (code < 0x900) return 0.55; // Arabic and its neighbours
  if (code < 0x2000) return 0.75; // scripts of South and South-East Asia and others
  if (code < 0x2e80) return 1.1; // punctuation, symbols, dingbats, joiners
  if (code < 0xd800) return 0.95; // Chinese, Japanese, Korean
  return 1.5; // halves of a surrogate pair (emoji), private use, presentation forms
}

/**
 * About how many tokens a text has, rather too many than too few, from a table of what follows what: no tokenizer,
 * about 2 ns a character. A longer text never has fewer than its beginning.
 */
export function estimateTextTokens(text: string): number {
  const end = Math.min(text.length, examinedCharacters);
  let tokens = 0;
  let before: number = newline;
  for (let index = 0; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 128) {
      const kind = asciiKinds[code] ?? sign;
      tokens += steps[before * 6 + kind] ?? 0;
      before = kind;
    } else {
      tokens += foreign(code);
      before = lower;
    }
  }
  if (text.length > end) {
    const rest = text.slice(end);
    // An ASCII character is 1 byte, others have 2 or 3 a unit.
    tokens += rest.length * 0.4 + (Buffer.byteLength(rest) - rest.length) * 0.45;
  }
  return Math.ceil(tokens);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parts whose size says little about their cost. undefined: an ordinary part. */
function mediaTokens(part: Record<string, unknown>): number | undefined {
  switch (part['type']) {
    case 'image_url':
    case 'input_image':
    case 'image':
      return imageTokens;
    case 'input_audio':
    case 'file':
    case 'input_file':
      // Base64: about 10 tokens a second of compressed speech, as many a kilobyte of a document.
      return imageTokens + Math.ceil(dataLength(part, 0) / 128);
    default:
      return undefined;
  }
}

function dataLength(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (!isObject(value) || depth > 3) return 0;
  let length = 0;
  for (const member of Object.values(value)) length += dataLength(member, depth + 1);
  return length;
}

/** Tokens of a JSON value as a model reads it. */
function jsonTokens(value: unknown, depth: number): number {
  if (typeof value === 'string') return estimateTextTokens(value);
  if (typeof value !== 'object' || value === null) return value === undefined ? 0 : 1;
  if (depth > deepest) return 1;
  let tokens = 1;
  if (Array.isArray(value)) {
    for (const entry of value as readonly unknown[]) tokens += jsonTokens(entry, depth + 1);
    return tokens;
  }
  const object = value as Record<string, unknown>;
  const media = mediaTokens(object);
  if (media !== undefined) return media;
  for (const key in object) tokens += memberTokens + estimateTextTokens(key) + jsonTokens(object[key], depth + 1);
  return tokens;
}

function messageEstimate(message: unknown): number {
  if (!isObject(message)) return messageTokens + jsonTokens(message, 0);
  let tokens = messageTokens;
  for (const key in message) {
    const value = message[key];
    if (key === 'content' && Array.isArray(value)) {
      for (const part of value as readonly unknown[]) tokens += partEstimate(part);
    } else if (key !== 'role') tokens += jsonTokens(value, 1);
  }
  return tokens;
}

function partEstimate(part: unknown): number {
  if (isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string')
    return estimateTextTokens(part['text']);
  return jsonTokens(part, 2);
}

/**
 * About how many tokens the prompt of a chat request has, rather too many than too few: messages, tools and the schema
 * of the answer. Takes any JSON object and never throws.
 */
export function estimatePromptTokens(body: Readonly<Record<string, unknown>>): number {
  const messages = body['messages'];
  let tokens = replyTokens;
  if (Array.isArray(messages)) {
    for (const message of messages as readonly unknown[]) tokens += messageEstimate(message);
  }
  for (const field of ['tools', 'functions', 'response_format']) {
    const value = body[field];
    if (value !== undefined && value !== null) tokens += jsonTokens(value, 0);
  }
  return Math.ceil(tokens);
}
