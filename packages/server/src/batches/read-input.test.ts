import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchLine } from './batch.ts';
import { readInput, type InputEnd } from './read-input.ts';

const rules = { endpoint: '/v1/chat/completions', maxRequests: 1_000, maxBytes: 10_000_000 };
const request = (customId: string, more: object = {}) => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'm', messages: [{ role: 'user', content: 'größer' }] },
  ...more,
});

async function read(
  pieces: readonly Uint8Array[],
  change: Partial<typeof rules> = {},
): Promise<{ end: InputEnd; lines: BatchLine[] }> {
  const lines: BatchLine[] = [];
  const end = await readInput(Readable.from(pieces), { ...rules, ...change }, (given) => {
    lines.push(...given);
    return Promise.resolve();
  });
  return { end, lines };
}
const readText = (text: string, change?: Partial<typeof rules>) => read([Buffer.from(text)], change);
const codes = ({ end }: { end: InputEnd }) =>
  end.kind === 'valid' ? [] : end.errors.map(({ code, line }) => [code, line]);

test('requests are read however their bytes are cut, with any line ends, a byte order mark and blank lines', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(5_000), { maxLength: 20 }),
      fc.boolean(),
      async (count, lineEnd, cuts, isMarked) => {
        const ids = Array.from({ length: count }, (_, index) => `id-${index}`);
        const text = ids.map((id) => JSON.stringify(request(id))).join(lineEnd + lineEnd) + lineEnd;
        const bytes = Buffer.from((isMarked ? '\uFEFF' : '') + text);
        const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((one, other) => one - other), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        const { end, lines } = await read(pieces);
        expect(end).toEqual({ kind: 'valid', total: count });
        expect(lines.map(({ customId }) => customId)).toEqual(ids);
        expect(lines.every(({ body }) => JSON.stringify(body).includes('größer'))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

describe('a file', () => {
  test.each<[string, string, [string, number | null][]]>([
    ['that is empty', '\n\n', [['empty_file', null]]],
    ['with a line that is no JSON', '{"custom_id":', [['invalid_json_line', 1]]],
    ['with a line without an id', JSON.stringify(request('')), [['invalid_request', 1]]],
    ['with another method', JSON.stringify(request('a', { method: 'GET' })), [['invalid_request', 1]]],
    ['with another endpoint', JSON.stringify(request('a', { url: '/v1/embeddings' })), [['mismatched_endpoint', 1]]],
    ['that wants streams', JSON.stringify(request('a', { body: { stream: true } })), [['invalid_request', 1]]],
    [
      'with an id twice',
      [request('a'), request('a')].map((entry) => JSON.stringify(entry)).join('\n'),
      [['duplicate_custom_id', 2]],
    ],
  ])('%s is refused, by the number of the line', async (_name, text, expected) => {
    const result = await readText(text);
    expect(codes(result)).toEqual(expected);
  });

  test('in another encoding is refused', async () => {
    const text = JSON.stringify(request('a'));
    expect(codes(await read([Buffer.from(text), Buffer.from([10, 0xff, 0xfe, 10])]))).toEqual([['invalid_utf8', 2]]);
  });

  test('with many faults is told of the first fifty', async () => {
    const result = await readText('nonsense\n'.repeat(500));
    expect(codes(result)).toHaveLength(51);
    expect(codes(result).at(-1)).toEqual(['too_many_errors', null]);
  });

  test('that is too large, has too many requests or a line without end is not read on', async () => {
    const many = Array.from({ length: 11 }, (_, index) => JSON.stringify(request(`id-${index}`))).join('\n');
    expect(codes(await readText(many, { maxRequests: 10 }))).toEqual([['too_many_requests', null]]);
    expect(codes(await readText(many, { maxBytes: 100 }))).toEqual([['file_too_large', null]]);
    const endless = Array.from({ length: 25 }, () => Buffer.alloc(1024 * 1024, 'x'));
    expect(codes(await read(endless, { maxBytes: Infinity }))).toEqual([['invalid_line', null]]);
  });
});
