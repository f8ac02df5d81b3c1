import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from '../postgres/folder-lock.ts';
import type { Database } from '../postgres/database.ts';
import type { Logger } from '../logger.ts';
import { readJournal, segmentFiles, type JournalContents } from './journal-reader.ts';
import { writeEvents } from './ledger.ts';
import { costNanos, type UsageEvent, type UsageOpen } from './usage-event.ts';

export interface RecoveryReport {
  /** Folders of dead processes that were read. */
  readonly journals: number;
  readonly events: number;
  readonly interrupted: number;
}

export type OnRecovered = (open: UsageOpen, event: UsageEvent) => void | Promise<void>;

export interface RecoverOptions {
  readonly folder: string;
  /** This process's own journal. */
  readonly own: string;
  readonly database: Database;
  readonly logger: Logger;
  readonly onRecovered: OnRecovered | undefined;
}

export const lockName = 'journal';
const batch = 500;

/** A request the crash cut off: its prompt, and what had been delivered when the journal last heard of it. */
function interrupted({ open, completionTokens, lastSeenMs }: JournalContents['unfinished'][number]): UsageEvent {
  const tokens = { promptTokens: open.promptTokens, completionTokens, cachedTokens: 0, reasoningTokens: 0 };
  return {
    ...open,
    ...tokens,
    status: 'interrupted',
    httpStatus: 0,
    errorCode: null,
    estimated: true,
    costNanos: costNanos(open, tokens),
    durationMs: Math.max(0, lastSeenMs - open.startedAtMs),
    firstByteMs: null,
  };
}

async function recoverFolder(
  folder: string,
  { database, logger, onRecovered }: RecoverOptions,
): Promise<{ events: number; interrupted: number }> {
  const contents = await readJournal(await segmentFiles(folder));
  const cutOff = contents.unfinished.map((entry) => ({ open: entry.open, event: interrupted(entry) }));
  const events = [...contents.closed, ...cutOff.map(({ event }) => event)];
  for (let start = 0; start < events.length; start += batch)
    await writeEvents(database, events.slice(start, start + batch));
  for (const { open, event } of cutOff) await onRecovered?.(open, event);
  // One torn line at the end is what a crash leaves; more means damage that somebody should look at.
  if (contents.damagedLines > 1) {
    const aside = `${folder}.damaged`;
    logger.error(
      { lines: contents.damagedLines, folder: aside },
      'a usage journal has damaged lines; it is kept aside',
    );
    await rename(folder, aside);
  } else await rm(folder, { recursive: true, force: true });
  return { events: events.length, interrupted: cutOff.length };
}

/** Adopts the journals of processes that are dead: their lock is free. Safe to run on several processes at once. */
export async function recoverJournals(options: RecoverOptions): Promise<RecoveryReport> {
  await mkdir(options.folder, { recursive: true });
  const report = { journals: 0, events: 0, interrupted: 0 };
  const entries = await readdir(options.folder, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name === options.own || entry.name.includes('.')) continue;
    const folder = join(options.folder, entry.name);
    const lock = await lockFolder(folder, lockName).catch(() => undefined);
    if (lock === undefined) continue;
    try {
      const recovered = await recoverFolder(folder, options);
      report.journals += 1;
      report.events += recovered.events;
      report.interrupted += recovered.interrupted;
    } finally {
      await lock.release();
    }
  }
  return report;
}
