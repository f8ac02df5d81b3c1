/** So much of a text is looked at, as of a prompt for counting: a bound for the time one text takes. */
const readCharacters = 65_536;
const trigramWeight = 0.5;
const word = /[\p{L}\p{N}]+/gu;

/** FNV-1a over UTF-16 code units, its bits stirred once more: neighbours must not fall into neighbouring places. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 12)) >>> 0;
}

function* featuresOf(text: string): Generator<readonly [feature: string, weight: number], undefined> {
  for (const [found] of text.slice(0, readCharacters).normalize('NFKC').toLowerCase().matchAll(word)) {
    yield [found, 1];
    const marked = `^${found}$`;
    for (let start = 0; start + 3 <= marked.length; start += 1)
      yield [`~${marked.slice(start, start + 3)}`, trigramWeight];
  }
}

/**
 * The embedding of a text by feature hashing: words and the trigrams inside them, each at a place and with a sign of
 * its hash, so that what collides cancels out on average; length 1. Texts that share words or parts of words are near
 * each other. The same text always has the same vector; there is no model behind it.
 * @param dimensions how many numbers
 */
export function hashEmbedding(text: string, dimensions: number): Float32Array {
  const counts = new Map<string, number>();
  for (const [feature, weight] of featuresOf(text)) counts.set(feature, (counts.get(feature) ?? 0) + weight);
  // A text without a word, such as a smiley, is one feature as a whole.
  if (counts.size === 0) counts.set(`=${text.slice(0, readCharacters)}`, 1);
  const sums = new Float64Array(dimensions);
  for (const [feature, count] of counts) {
    const value = hash(feature);
    const at = (value >>> 1) % dimensions;
    // The tenth mention of a word says less than the first.
    sums[at] = (sums[at] ?? 0) + ((value & 1) === 0 ? 1 : -1) * Math.sqrt(count);
  }
  let squares = 0;
  for (const sum of sums) squares += sum * sum;
  // Everything has cancelled out: any vector is as good, as long as it has a length.
  if (squares === 0) return Float32Array.from({ length: dimensions }, (_, index) => (index === 0 ? 1 : 0));
  const length = Math.sqrt(squares);
  return Float32Array.from(sums, (sum) => sum / length);
}
