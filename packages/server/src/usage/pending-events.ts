import { errorCode } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { ClosedEvent, JournalFile } from './journal-file.ts';
import { parseLine } from './journal-record.ts';
import { readSegment, segmentPath, type Position } from './journal-segment.ts';

export interface PendingEventsOptions {
  readonly folder: string;
  readonly journal: JournalFile;
  readonly logger: Logger;
  /** While the database is gone, more than this are not held in memory. */
  readonly maxHeld?: number | undefined;
}

const defaultMaxHeld = 20_000;

/**
 * Closed events on their way to the ledger, in the order of their closing. Those that do not fit in memory are only in
 * the journal and are read back from it when their turn comes.
 */
export class PendingEvents {
  readonly #options: PendingEventsOptions;
  readonly #maxHeld: number;
  #held: ClosedEvent[] = [];
  /** Where the first event stands that is not held; undefined when all are. */
  #unreadFrom: Position | undefined;

  constructor(options: PendingEventsOptions) {
    this.#options = options;
    this.#maxHeld = options.maxHeld ?? defaultMaxHeld;
  }

  add(event: ClosedEvent): void {
    if (this.#unreadFrom !== undefined) return;
    // One that is not on disk has to be held, whatever the memory it takes.
    if (this.#held.length >= this.#maxHeld && event.position !== undefined) this.#unreadFrom = event.position;
    else this.#held.push(event);
  }

  /** The oldest events; they stay until `drop`. */
  async first(count: number): Promise<readonly ClosedEvent[]> {
    while (this.#held.length === 0 && this.#unreadFrom !== undefined) await this.#readBack(this.#unreadFrom, count);
    return this.#held.slice(0, count);
  }

  /** Forgets the oldest events. */
  drop(count: number): void {
    this.#held.splice(0, count);
  }

  async #readBack(from: Position, count: number): Promise<void> {
    const { journal } = this.#options;
    const reached = await this.#readSegment(from, count);
    // Nothing may be closed between this look at the end and the decision: no await below.
    const { end } = journal;
    if (reached.segment === end.segment && reached.offset >= end.offset) {
      // What the disk has not taken is in memory anyway.
      this.#held.push(...journal.unwritten());
      this.#unreadFrom = undefined;
    } else if (reached.segment < end.segment && this.#held.length < count) {
      this.#unreadFrom = { segment: reached.segment + 1, offset: 0 };
    } else if (reached.offset === from.offset) {
      throw new Error(`the usage journal is shorter than what was written to it (segment ${from.segment})`);
    } else this.#unreadFrom = reached;
  }

  /** @returns where reading has to go on */
  async #readSegment(from: Position, count: number): Promise<Position> {
    let reached = from;
    try {
      for await (const lines of readSegment(segmentPath(this.#options.folder, from.segment), from.offset)) {
        for (const { text, endOffset, isComplete } of lines) {
          if (!isComplete || this.#held.length >= count) return reached;
          this.#hold(text, reached);
          reached = { segment: from.segment, offset: endOffset };
        }
      }
    } catch (error) {
      // A segment is deleted when nothing in it is needed: the next event is in a later one.
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    return reached;
  }

  #hold(text: string, position: Position): void {
    const record = parseLine(text);
    if (record?.kind === 'close') this.#held.push({ id: record.id, line: `${text}\n`, position, isMoved: false });
    if (record !== undefined) return;
    this.#options.journal.unreadable();
    this.#options.logger.error({ ...position }, 'a line of the usage journal cannot be read back; its file is kept');
  }
}
