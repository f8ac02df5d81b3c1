import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { closeLine, parseLine } from './journal-record.ts';
import { readSegment } from './journal-segment.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import { costNanos, type UsageEvent, type UsageOpen } from './usage-event.ts';

/**
 * Called for each request that a crash has cut off, once its event is in the ledger. Another crash may cause a second
 * call for the same request.
 */
export type OnRecovered = (open: UsageOpen, event: UsageEvent) => void | Promise<void>;

export interface ReplayOptions {
  readonly ledger: LedgerWriter;
  readonly logger: Logger;
  readonly onRecovered: OnRecovered | undefined;
  /** Stops between two batches. */
  readonly signal: AbortSignal;
}

interface OpenRequest {
  readonly open: UsageOpen;
  readonly completionTokens: number;
  readonly lastSeenMs: number;
}

const batchSize = 500;

/**
 * The event of a request that a crash cut off: its prompt, and what had been delivered when the journal last heard of
 * it, at most about a second before. `httpStatus` is 0: no answer was finished.
 */
export function interruptedEvent({ open, completionTokens, lastSeenMs }: OpenRequest): UsageEvent {
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

/** Ids that the dead process knew to be in the ledger. Few: whole segments of them are deleted within a second. */
export async function readMovedIds(files: readonly string[]): Promise<Set<string>> {
  const moved = new Set<string>();
  for (const file of files) {
    for await (const lines of readSegment(file)) {
      for (const { text } of lines) {
        const record = text.startsWith('["m"') ? parseLine(text) : undefined;
        if (record?.kind === 'moved') for (const id of record.ids) moved.add(id);
      }
    }
  }
  return moved;
}

/** Replays one journal, segment by segment, in bounded memory. */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #moved: ReadonlySet<string>;
  readonly #opens = new Map<string, OpenRequest>();
  #batch: string[] = [];
  events = 0;
  interrupted = 0;

  constructor(options: ReplayOptions, moved: ReadonlySet<string>) {
    this.#options = options;
    this.#moved = moved;
  }

  /** @returns how many lines are damaged */
  async readFile(file: string, { isLast }: { readonly isLast: boolean }): Promise<number> {
    let damaged = 0;
    for await (const lines of readSegment(file)) {
      for (const { text, isComplete } of lines) {
        // A crash in the middle of a write leaves a torn line at the very end; nobody was told what it says.
        if (!this.#take(text) && (isComplete || !isLast)) damaged += 1;
        if (this.#batch.length >= batchSize) await this.#sendBatch();
      }
    }
    await this.#sendBatch();
    return damaged;
  }

  async interruptOpen(): Promise<void> {
    const cutOff = [...this.#opens.values()].filter(({ open }) => !this.#moved.has(open.id));
    for (let start = 0; start < cutOff.length; start += batchSize) {
      const requests = cutOff
        .slice(start, start + batchSize)
        .map((request) => ({ open: request.open, event: interruptedEvent(request) }));
      this.#batch = requests.map(({ event }) => closeLine(event));
      await this.#sendBatch();
      this.interrupted += requests.length;
      for (const { open, event } of requests) await this.#tell(open, event);
    }
  }

  #take(text: string): boolean {
    const record = parseLine(text);
    if (record?.kind === 'open') {
      const { open } = record;
      this.#opens.set(open.id, { open, completionTokens: 0, lastSeenMs: open.startedAtMs });
    } else if (record?.kind === 'progress') {
      const request = this.#opens.get(record.id);
      if (request !== undefined)
        this.#opens.set(record.id, { ...request, completionTokens: record.completionTokens, lastSeenMs: record.atMs });
    } else if (record?.kind === 'close') {
      this.#opens.delete(record.id);
      if (!this.#moved.has(record.id)) this.#batch.push(text);
    }
    return record !== undefined;
  }

  async #sendBatch(): Promise<void> {
    this.#options.signal.throwIfAborted();
    if (this.#batch.length === 0) return;
    await this.#options.ledger.write(this.#batch);
    this.events += this.#batch.length;
    this.#batch = [];
  }

  async #tell(open: UsageOpen, event: UsageEvent): Promise<void> {
    try {
      await this.#options.onRecovered?.(open, event);
    } catch (error) {
      // The bill is right; what the request had reserved is given back when its window ends.
      this.#options.logger.warn(
        { reason: errorMessage(error), requestId: open.requestId },
        'the limits of an interrupted request could not be settled',
      );
    }
  }
}
