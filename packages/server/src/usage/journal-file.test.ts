import { mkdtempSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { JournalFile, type JournalFileOptions } from './journal-file.ts';
import { journalDisk, type JournalDisk } from './segment-files.ts';
import { parseLine } from './journal-record.ts';

let folder = '';
let logged: string[] = [];
const log = (_fields: object, message: string) => {
  logged.push(message);
};
const logger = { debug: log, info: log, warn: log, error: log };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnpike-journal-file-'));
  logged = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const clock = createManualClock();
const create = ({
  append = writeSync,
  ...options
}: Partial<JournalFileOptions> & { append?: JournalDisk['append'] } = {}) =>
  new JournalFile({ folder, clock, logger, disk: { ...journalDisk, append }, ...options });
const read = () =>
  readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
const kinds = () =>
  read()
    .split('\n')
    .slice(0, -1)
    .map((line) => parseLine(line)?.kind ?? `damaged: ${line}`);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const full = () => {
  throw new Error('ENOSPC: no space left on device');
};

test('what waits is written with a close, before it returns, in one call', () => {
  let calls = 0;
  const journal = create({
    append: (...parameters) => {
      calls += 1;
      return writeSync(...parameters);
    },
  });
  const open = usageOpen();
  journal.open(open);
  journal.progress(open.id, 3);
  expect(read()).toBe('');
  journal.close(usageEvent(open));
  expect(kinds()).toEqual(['open', 'progress', 'close']);
  expect(calls).toBe(1);
});

test('opens and progress are written by the end of the loop turn', async () => {
  const journal = create();
  const open = usageOpen();
  journal.open(open);
  journal.progress(open.id, 3);
  await turn();
  expect(kinds()).toEqual(['open', 'progress']);
});

test('progress of a request that is not open is not written', async () => {
  const journal = create();
  journal.progress('unknown', 3);
  await turn();
  expect(read()).toBe('');
});

describe('segments', () => {
  test('a new one begins with what is open, so that the others go with the events in them', async () => {
    const journal = create({ segmentBytes: 2_000 });
    const lasting = usageOpen({ requestId: 'req_lasting' });
    journal.open(lasting);
    journal.progress(lasting.id, 7);
    const closed = Array.from({ length: 40 }, () => {
      const open = usageOpen();
      journal.open(open);
      return journal.close(usageEvent(open));
    });
    expect(readdirSync(folder).length).toBeGreaterThan(5);
    journal.moved(closed);
    await journal.sync();
    expect(readdirSync(folder)).toHaveLength(1);
    expect(kinds().slice(0, 2)).toEqual(['open', 'progress']);
    expect(read()).toContain('req_lasting');
  });

  test('one stays as long as an event in it or before it is not in the ledger', async () => {
    const journal = create({ segmentBytes: 500 });
    const closed = Array.from({ length: 10 }, () => journal.close(usageEvent(usageOpen())));
    journal.moved(closed.slice(1));
    await journal.sync();
    const left = readdirSync(folder).length;
    expect(left).toBeGreaterThan(3);
    journal.moved(closed.slice(0, 1));
    await journal.sync();
    expect(readdirSync(folder).length).toBeLessThan(left);
  });

  test('more open requests than a segment holds do not make it begin new ones for ever', () => {
    const journal = create({ segmentBytes: 1_000 });
    for (let index = 0; index < 50; index += 1) journal.open(usageOpen());
    for (let index = 0; index < 10; index += 1) journal.close(usageEvent(usageOpen()));
    expect(readdirSync(folder).length).toBeLessThan(10);
  });

  test('when a new one cannot be begun the old one goes on, and it is told once', () => {
    const journal = create({
      segmentBytes: 1_000,
      // Only the first write to a segment begins with an open request here.
      append: (descriptor, bytes, offset, length) =>
        journal.end.offset > 0 && bytes.toString().startsWith('["o"')
          ? full()
          : writeSync(descriptor, bytes, offset, length),
    });
    journal.open(usageOpen({ requestId: 'req_lasting' }));
    for (let index = 0; index < 20; index += 1) journal.close(usageEvent(usageOpen()));
    expect(readdirSync(folder)).toHaveLength(1);
    expect(kinds().filter((kind) => kind === 'close')).toHaveLength(20);
    expect(journal.failure).toBeUndefined();
    expect(logged).toHaveLength(1);
  });

  test('nothing is left when the ledger has everything, all is left when a request is open', async () => {
    const journal = create();
    const open = usageOpen();
    journal.open(open);
    journal.moved([journal.close(usageEvent(open))]);
    expect(await journal.shutDown()).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    const other = create();
    other.open(open);
    expect(await other.shutDown()).toBe(false);
    expect(kinds()).toEqual(['open']);
  });
});

describe('a disk that refuses', () => {
  test('whatever it takes of a write, in the end each line is there once, whole and in order', async () => {
    const call = fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 3, arbitrary: fc.nat(900) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { maxLength: 60 }),
        fc.array(fc.constantFrom('open', 'progress', 'close', 'wait'), { maxLength: 40 }),
        async (calls, steps) => {
          rmSync(folder, { recursive: true, force: true });
          folder = mkdtempSync(join(tmpdir(), 'turnpike-journal-file-'));
          const script = [...calls];
          const journal = create({
            segmentBytes: 1_500,
            append: (descriptor, bytes, offset, length) => {
              const take = script.shift() ?? length;
              if (take < 0) return full();
              return writeSync(descriptor, bytes, offset, Math.min(take, length));
            },
          });
          const open = usageOpen({ model: 'größer' });
          const told: string[] = [];
          for (const step of steps) {
            if (step === 'open') journal.open(open);
            else if (step === 'progress') journal.progress(open.id, 1);
            else if (step === 'wait') {
              await turn();
              clock.advance(200);
            } else {
              const event = usageEvent(usageOpen({ model: 'größer' }));
              told.push(event.id);
              journal.close(event);
            }
          }
          script.length = 0;
          clock.advance(200);
          await journal.sync();
          expect(journal.failure).toBeUndefined();
          const records = read().split('\n').slice(0, -1).map(parseLine);
          expect(records).not.toContain(undefined);
          expect(records.flatMap((record) => (record?.kind === 'close' ? [record.id] : []))).toEqual(told);
          await journal.shutDown();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is told once, and once when it is over', () => {
    let isFull = true;
    const journal = create({ append: (...parameters) => (isFull ? full() : writeSync(...parameters)) });
    for (let index = 0; index < 5; index += 1) {
      journal.close(usageEvent(usageOpen()));
      clock.advance(200);
    }
    expect(journal.failure).toContain('ENOSPC');
    expect(logged).toEqual(['the usage journal cannot be written: events wait in memory']);
    isFull = false;
    journal.write();
    expect(journal.failure).toBeUndefined();
    expect(logged).toHaveLength(2);
    expect(kinds()).toHaveLength(5);
  });

  test('is not tried with every request', () => {
    let calls = 0;
    const journal = create({
      append: () => {
        calls += 1;
        return full();
      },
    });
    for (let index = 0; index < 100; index += 1) journal.close(usageEvent(usageOpen()));
    expect(calls).toBe(1);
  });

  test('leaves nothing in memory of events that the ledger has', () => {
    const journal = create({ append: full });
    for (let index = 0; index < 100; index += 1) {
      const open = usageOpen();
      journal.open(open);
      journal.moved([journal.close(usageEvent(open))]);
    }
    expect(journal.unwritten()).toEqual([]);
    const open = usageOpen();
    journal.open(open);
    const closed = journal.close(usageEvent(open));
    expect(journal.unwritten()).toEqual([closed]);
  });
});
