import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { closeLine, movedLine, openLine, progressLine } from './journal-record.ts';
import type { Position } from './journal-segment.ts';
import { SegmentFiles, type JournalDisk } from './segment-files.ts';
import type { UsageEvent, UsageOpen } from './usage-event.ts';

export interface JournalFileOptions {
  /** Exists, is empty, and is this process's own. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A segment that has grown by this much is followed by the next one. */
  readonly segmentBytes?: number | undefined;
  readonly disk?: JournalDisk | undefined;
}

/** An event that has ended, on its way to the ledger. */
export interface ClosedEvent {
  readonly id: string;
  readonly line: string;
  /** Where the line stands; undefined while the disk refuses it. */
  position: Position | undefined;
  isMoved: boolean;
}

interface WaitingLine {
  readonly id: string;
  readonly line: string;
  readonly closed: ClosedEvent | undefined;
}

const defaultSegmentBytes = 8 * 1024 * 1024;
/** While the disk refuses, requests do not try it each time; this often is enough. */
const retryEveryMs = 200;

/**
 * The journal of this process. Opens and progress wait for the next write, at the latest the end of the loop turn;
 * `close` writes all that waits in one call and returns when the kernel has it, which the death of the process cannot
 * undo. `sync`, about once a second, bounds what the death of the machine can.
 *
 * A new segment begins with every request that is still open, so that older ones are needed only for closed events that
 * the ledger does not have yet.
 *
 * A disk that refuses neither throws nor loses: lines stay in memory, in order, until it takes them or, for closed
 * events, the ledger has them.
 */
export class JournalFile {
  readonly #options: JournalFileOptions;
  readonly #segments: SegmentFiles;
  readonly #segmentBytes: number;
  /** Lines of the requests that are open: what was known first, and the last progress. */
  readonly #opens = new Map<string, { readonly open: string; progress: string }>();
  #waiting: WaitingLine[] = [];
  /** What is missing of the first waiting line, when a full disk took only a part of it. */
  #torn: Buffer | undefined;
  /** End of the last whole line in the current segment. */
  #lineEnd = 0;
  #rotateAtBytes: number;
  #isScheduled = false;
  #failure: string | undefined;
  #retryAtMs = 0;
  #closedCount = 0;
  #movedCount = 0;
  #hasUnreadable = false;
  #isShut = false;

  /** @throws Error when the first segment cannot be made */
  constructor(options: JournalFileOptions) {
    this.#options = options;
    this.#segments = new SegmentFiles(options);
    this.#segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
    this.#rotateAtBytes = this.#segmentBytes;
  }

  /** Why lines wait in memory; undefined when the disk takes them. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Events closed since the start. */
  get closedCount(): number {
    return this.#closedCount;
  }

  /** How many of those the ledger has. */
  get movedCount(): number {
    return this.#movedCount;
  }

  /** Behind the last whole line. */
  get end(): Position {
    return { segment: this.#segments.current, offset: this.#lineEnd };
  }

  open(record: UsageOpen): void {
    const line = openLine(record);
    this.#opens.set(record.id, { open: line, progress: '' });
    this.#wait({ id: record.id, line, closed: undefined });
  }

  progress(id: string, completionTokens: number): void {
    const request = this.#opens.get(id);
    if (request === undefined) return;
    request.progress = progressLine(id, completionTokens, this.#options.clock.now());
    // While the disk refuses, these would only pile up: the next second brings a newer one.
    if (this.#failure === undefined) this.#wait({ id, line: request.progress, closed: undefined });
  }

  /** When this returns, the kernel has the event and all that waited before it, unless the disk refuses. */
  close(event: UsageEvent): ClosedEvent {
    const closed: ClosedEvent = { id: event.id, line: closeLine(event), position: undefined, isMoved: false };
    this.#opens.delete(event.id);
    this.#closedCount += 1;
    this.#waiting.push({ id: event.id, line: closed.line, closed });
    if (this.#isShut)
      this.#options.logger.error({ requestId: event.requestId }, 'a request ended after the usage journal was closed');
    this.write();
    return closed;
  }

  /** The ledger has these events: they need not be kept. */
  moved(events: readonly ClosedEvent[]): void {
    for (const event of events) {
      event.isMoved = true;
      if (event.position !== undefined) this.#segments.need(event.position.segment, -1);
    }
    this.#movedCount += events.length;
    const ids = events.map((event) => event.id);
    if (this.#failure !== undefined) this.#forget(new Set(ids));
    else this.#wait({ id: '', line: movedLine(ids), closed: undefined });
  }

  /** A closed event cannot be read back: it does not count as waiting any more, but its segment is kept. */
  unreadable(): void {
    this.#movedCount += 1;
    this.#hasUnreadable = true;
  }

  /** Closed events that the disk has not taken yet, oldest first. */
  unwritten(): ClosedEvent[] {
    return this.#waiting.flatMap(({ closed }) => (closed === undefined || closed.isMoved ? [] : [closed]));
  }

  /** Writes all that waits, in one call. Never throws; while the disk refuses, tries again only now and then. */
  write(): void {
    if (this.#waiting.length === 0 || this.#isShut) return;
    if (this.#failure !== undefined && this.#options.clock.now() < this.#retryAtMs) return;
    const { written, error } = this.#segments.append(this.#waitingBytes());
    this.#takeWritten(written);
    if (error !== undefined) {
      this.#refused(error);
      return;
    }
    if (this.#failure !== undefined) this.#options.logger.info({}, 'the usage journal can be written again');
    this.#failure = undefined;
    if (this.#lineEnd >= this.#rotateAtBytes) this.#rotate();
  }

  /** Writes what waits and syncs; then segments that nobody needs are deleted. Never rejects. */
  sync(): Promise<void> {
    this.write();
    return this.#segments.sync();
  }

  /** Writes and syncs for the last time. @returns whether the ledger has all of it; then nothing is left on disk */
  async shutDown(): Promise<boolean> {
    this.#retryAtMs = 0;
    this.write();
    this.#isShut = true;
    const isDone = this.#opens.size === 0 && this.#movedCount === this.#closedCount && !this.#hasUnreadable;
    await this.#segments.close({ remove: isDone });
    return isDone;
  }

  #wait(line: WaitingLine): void {
    this.#waiting.push(line);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.write();
    });
  }

  #waitingBytes(): Buffer {
    const [first, ...others] = this.#waiting;
    if (this.#torn !== undefined)
      return Buffer.concat([this.#torn, Buffer.from(others.map(({ line }) => line).join(''))]);
    if (others.length === 0) return Buffer.from(first?.line ?? '');
    return Buffer.from(this.#waiting.map(({ line }) => line).join(''));
  }

  /** Lines that are whole on disk wait no more; of one that is not, the rest is remembered. */
  #takeWritten(written: number): void {
    let left = written;
    let taken = 0;
    for (const { line, closed } of this.#waiting) {
      const lengthBytes = Buffer.byteLength(line);
      const missingBytes = this.#torn?.length ?? lengthBytes;
      if (left < missingBytes) {
        if (left > 0) this.#torn = (this.#torn ?? Buffer.from(line)).subarray(left);
        break;
      }
      left -= missingBytes;
      taken += 1;
      this.#torn = undefined;
      if (closed !== undefined && !closed.isMoved) {
        closed.position = this.end;
        this.#segments.need(closed.position.segment, 1);
      }
      this.#lineEnd += lengthBytes;
    }
    if (taken === this.#waiting.length) this.#waiting = [];
    else this.#waiting.splice(0, taken);
  }

  #refused(error: unknown): void {
    this.#retryAtMs = this.#options.clock.now() + retryEveryMs;
    if (this.#failure === undefined)
      this.#options.logger.error(
        { reason: errorMessage(error) },
        'the usage journal cannot be written: events wait in memory',
      );
    this.#failure = errorMessage(error);
  }

  /** Keeps memory small while the disk refuses and the ledger does not. A line that was begun has to be finished. */
  #forget(ids: ReadonlySet<string>): void {
    this.#waiting = this.#waiting.filter(({ id }, index) => !ids.has(id) || (index === 0 && this.#torn !== undefined));
  }

  #rotate(): void {
    const start = Buffer.from([...this.#opens.values()].map(({ open, progress }) => open + progress).join(''));
    if (!this.#segments.next(start)) {
      this.#rotateAtBytes += this.#segmentBytes / 8;
      return;
    }
    this.#lineEnd = start.length;
    this.#rotateAtBytes = start.length + this.#segmentBytes;
  }
}
