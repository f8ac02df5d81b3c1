import { estimateTextTokens } from './estimate.ts';

/** Counts tokens as OpenAI's o200k_base encoding does; other models' tokenizers differ by some percent. */
export interface Tokenizer {
  /** Never throws. Bounded: of a long text a part is counted and the rest taken to be like it. */
  count(text: string): number;
  /** The longest beginning of `text` of at most `maxTokens` tokens, and how many it has. */
  truncate(text: string, maxTokens: number): { readonly text: string; readonly tokens: number };
}

/** Beyond so many characters the rest is extrapolated: the worst text (rare ideographs) takes 0.1 s for so many. */
const countedCharacters = 65_536;
/**
 * Byte pair merging costs the square of the length of a run that the encoding's pattern does not split; a run is cut
 * into pieces first. A cut may add a token a piece, under 1 % for 128 characters.
 */
const longestRunCharacters = 128;
const longRun = new RegExp(`\\S{${String(longestRunCharacters + 1)},}|\\s{${String(longestRunCharacters + 1)},}`);
const runPieces = new RegExp(
  `\\S{1,${String(longestRunCharacters)}}\\s{0,${String(longestRunCharacters)}}|\\s{1,${String(longestRunCharacters)}}`,
  'gu',
);

function pieces(text: string): readonly string[] {
  return longRun.test(text) ? (text.match(runPieces) ?? []) : [text];
}

/** Text that looks like a special token (`<|endoftext|>`) is counted as the text it is. */
const plainText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** A cut inside a character decodes to something else than the text; what they share is the text. */
function sharedBeginning(text: string, decoded: string): string {
  let length = 0;
  while (length < decoded.length && text.charCodeAt(length) === decoded.charCodeAt(length)) length += 1;
  const beginning = text.slice(0, length);
  return beginning.isWellFormed() || !text.isWellFormed() ? beginning : beginning.slice(0, -1);
}

async function load(): Promise<Tokenizer> {
  const { countTokens: countPiece, encode, decode } = await import('gpt-tokenizer/encoding/o200k_base');
  const countAll = (text: string) => {
    let tokens = 0;
    for (const piece of pieces(text)) tokens += countPiece(piece, plainText);
    return tokens;
  };
  return {
    count: (text) => {
      if (text.length <= countedCharacters) return countAll(text);
      return Math.ceil((countAll(text.slice(0, countedCharacters)) * text.length) / countedCharacters);
    },
    truncate: (text, maxTokens) => {
      let kept = '';
      let tokens = 0;
      for (const piece of pieces(text)) {
        const encoded = encode(piece, plainText);
        if (tokens + encoded.length > maxTokens) {
          return {
            text: kept + sharedBeginning(piece, decode(encoded.slice(0, maxTokens - tokens))),
            tokens: maxTokens,
          };
        }
        kept += piece;
        tokens += encoded.length;
      }
      return { text: kept, tokens };
    },
  };
}

let tokenizer: Promise<Tokenizer> | undefined;

/** The tokenizer, loaded once a process at first use: about 0.1 s and 70 MB that a start need not pay. */
export function loadTokenizer(): Promise<Tokenizer> {
  tokenizer ??= load();
  return tokenizer;
}

/** Tokens of a text. */
export async function countTokens(text: string): Promise<number> {
  return (await loadTokenizer()).count(text);
}

/**
 * A counter that answers at once: by estimate until the tokenizer is there, exactly after that. The first use starts
 * loading it.
 */
export function createTokenCounter(): (text: string) => number {
  let loaded: Tokenizer | undefined;
  let loading = false;
  return (text) => {
    if (loaded !== undefined) return loaded.count(text);
    if (!loading) {
      loading = true;
      loadTokenizer().then(
        (value) => {
          loaded = value;
        },
        // Without a tokenizer the estimate goes on serving.
        () => undefined,
      );
    }
    return estimateTextTokens(text);
  };
}
