import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A place in a journal: a byte of one of its numbered segments. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

export interface SegmentLine {
  /** Without its newline. */
  readonly text: string;
  readonly startOffset: number;
  /** Just behind the newline: where the next line starts. */
  readonly endOffset: number;
  /** False for bytes at the end that no newline follows: a write that a crash cut off, or one that is not done yet. */
  readonly isComplete: boolean;
}

const newline = 0x0a;
const blockBytes = 256 * 1024;
const namePattern = /^(\d{4,12})\.ndjson$/;

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(4, '0')}.ndjson`);
}

/** Numbers of the segments in a folder, oldest first. */
export async function listSegments(folder: string): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of await readdir(folder)) {
    const match = namePattern.exec(name);
    if (match?.[1] !== undefined) numbers.push(Number(match[1]));
  }
  return numbers.sort((left, right) => left - right);
}

function splitLines(bytes: Buffer, startOffset: number): { lines: SegmentLine[]; rest: Buffer } {
  const lines: SegmentLine[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
    lines.push({
      text: bytes.toString('utf8', start, end),
      startOffset: startOffset + start,
      endOffset: startOffset + end + 1,
      isComplete: true,
    });
    start = end + 1;
  }
  return { lines, rest: bytes.subarray(start) };
}

/**
 * Reads a segment in blocks of lines, so that memory stays small whatever its size.
 * @param fromOffset start of a line
 */
export async function* readSegment(path: string, fromOffset = 0): AsyncGenerator<readonly SegmentLine[]> {
  const file = await open(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let restOffset = fromOffset;
    for (;;) {
      const block = Buffer.allocUnsafe(blockBytes);
      const { bytesRead } = await file.read(block, 0, blockBytes, restOffset + rest.length);
      if (bytesRead === 0) break;
      const split = splitLines(Buffer.concat([rest, block.subarray(0, bytesRead)]), restOffset);
      restOffset = split.lines.at(-1)?.endOffset ?? restOffset;
      rest = split.rest;
      if (split.lines.length > 0) yield split.lines;
    }
    if (rest.length > 0) {
      const endOffset = restOffset + rest.length;
      yield [{ text: rest.toString('utf8'), startOffset: restOffset, endOffset, isComplete: false }];
    }
  } finally {
    await file.close();
  }
}
