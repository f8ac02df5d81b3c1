import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { BatchError, BatchLine } from './batch.ts';

export interface InputRules {
  readonly endpoint: string;
  readonly maxRequests: number;
  readonly maxBytes: number;
}

/** A line longer than this is no request. */
const longestLineBytes = 20 * 1024 * 1024;
const mostErrors = 50;
const newline = 10;

const lineSchema = z.looseObject({
  custom_id: z.string().min(1).max(512),
  method: z.literal('POST'),
  url: z.string(),
  body: z.looseObject({ model: z.string().optional(), stream: z.unknown().optional() }),
});

/** Splits a stream of bytes into lines, in bounded memory. @throws RangeError for a line that is too long */
async function* linesOf(content: Readable, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end)]);
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > longestLineBytes) throw new RangeError('a line is too long');
  }
  if (restBytes > 0) yield Buffer.concat(rest);
}

type Checked = { readonly line: BatchLine } | { readonly error: BatchError };

function checkLine(text: string, lineNo: number, { endpoint }: InputRules, seen: Set<string>): Checked {
  const fail = (code: string, message: string, param: string | null = null): Checked => ({
    error: { code, message, param, line: lineNo },
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('invalid_json_line', 'This line is not valid JSON.');
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join('.') ?? '';
    return fail('invalid_request', `${param === '' ? 'The line' : param}: ${issue?.message ?? 'is wrong'}.`, param);
  }
  const { custom_id: customId, url, body } = parsed.data;
  if (url !== endpoint) return fail('mismatched_endpoint', `url: must be ${endpoint}, as the batch says.`, 'url');
  if (body.stream === true)
    return fail('invalid_request', 'body.stream: answers of a batch are not streamed.', 'body.stream');
  if (seen.has(customId))
    return fail('duplicate_custom_id', `custom_id: ${JSON.stringify(customId)} is there twice.`, 'custom_id');
  seen.add(customId);
  return { line: { lineNo, customId, body } };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string | undefined {
  try {
    // TextDecoder drops a byte order mark by itself.
    return decoder.decode(bytes).trim();
  } catch {
    return undefined;
  }
}

export type InputEnd =
  { readonly kind: 'valid'; readonly total: number } | { readonly kind: 'invalid'; readonly errors: BatchError[] };

/**
 * Reads the requests of a batch, JSONL as OpenAI defines it, in bounded memory.
 * @param take is given the lines as they come, some at a time; none more once a fault was found
 */
export async function readInput(
  content: Readable,
  rules: InputRules,
  take: (lines: readonly BatchLine[]) => Promise<void>,
): Promise<InputEnd> {
  const errors: BatchError[] = [];
  const seen = new Set<string>();
  let waiting: BatchLine[] = [];
  let bytes = 0;
  let lineNo = 0;
  const stop = (code: string, message: string): InputEnd => {
    content.destroy();
    return { kind: 'invalid', errors: [...errors, { code, message, param: null, line: null }] };
  };
  try {
    for await (const line of linesOf(content, (count) => (bytes += count))) {
      lineNo += 1;
      if (bytes > rules.maxBytes)
        return stop('file_too_large', `The file is larger than the ${rules.maxBytes} bytes of a batch.`);
      const text = decode(line);
      if (text === '') continue;
      const checked: Checked =
        text === undefined
          ? { error: { code: 'invalid_utf8', message: 'This line is not valid UTF-8.', param: null, line: lineNo } }
          : checkLine(text, lineNo, rules, seen);
      if ('error' in checked) {
        errors.push(checked.error);
        if (errors.length >= mostErrors)
          return stop('too_many_errors', 'There are more errors; the rest was not read.');
      } else waiting.push(checked.line);
      if (seen.size > rules.maxRequests)
        return stop('too_many_requests', `A batch has no more than ${rules.maxRequests} requests.`);
      if (waiting.length >= 200) {
        if (errors.length === 0) await take(waiting);
        waiting = [];
      }
    }
  } catch (error) {
    if (error instanceof RangeError) return stop('invalid_line', `Line ${lineNo + 1} is too long.`);
    throw error;
  }
  if (errors.length > 0) return { kind: 'invalid', errors };
  if (seen.size === 0) return stop('empty_file', 'The file has no requests.');
  await take(waiting);
  return { kind: 'valid', total: seen.size };
}
