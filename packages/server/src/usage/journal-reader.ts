import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseLine } from './journal-record.ts';
import type { UsageEvent, UsageOpen } from './usage-event.ts';

/** What a journal folder says: requests that ended, and those of which it knows no end. */
export interface JournalContents {
  readonly closed: UsageEvent[];
  readonly unfinished: { readonly open: UsageOpen; readonly completionTokens: number; readonly lastSeenMs: number }[];
  readonly damagedLines: number;
}

export async function segmentFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => join(folder, name));
}

/** Reads segments in the order of their writing. Lines that are no records are counted and passed over. */
export async function readJournal(files: readonly string[]): Promise<JournalContents> {
  const opens = new Map<string, { open: UsageOpen; completionTokens: number; lastSeenMs: number }>();
  const closed = new Map<string, UsageEvent>();
  let damagedLines = 0;
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
      if (line === '') continue;
      const record = parseLine(line);
      if (record === undefined) damagedLines += 1;
      else if (record.kind === 'open')
        opens.set(record.open.id, { open: record.open, completionTokens: 0, lastSeenMs: record.open.startedAtMs });
      else if (record.kind === 'close') closed.set(record.event.id, record.event);
      else {
        const entry = opens.get(record.id);
        if (entry !== undefined)
          Object.assign(entry, { completionTokens: record.completionTokens, lastSeenMs: record.atMs });
      }
    }
  }
  const unfinished = [...opens.values()].filter(({ open }) => !closed.has(open.id));
  return { closed: [...closed.values()], unfinished, damagedLines };
}
