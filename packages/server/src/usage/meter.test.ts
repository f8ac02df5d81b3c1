import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBreakableDatabase } from '../testing/breakable-database.ts';
import { createCrashingMeter, type CrashingMeter, type CrashingMeterOptions } from '../testing/crashing-meter.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { interruptedEvent } from './replay.ts';
import { journalDisk } from './segment-files.ts';
import { costNanos, type UsageEvent, type UsageOpen } from './usage-event.ts';

interface LedgerRow extends Record<string, unknown> {
  id: string;
  status: string;
  prompt: number;
  completion: number;
  cost: number;
  duration: number;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const bySomething = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1);

function shown(event: UsageEvent): LedgerRow {
  return {
    id: event.id,
    status: event.status,
    prompt: event.promptTokens,
    completion: event.completionTokens,
    cost: event.costNanos,
    duration: event.durationMs,
  };
}

describeEachDatabase('metering', (database) => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'turnpike-journal-'));
    await clean();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const clean = () =>
    database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups, usage_days`));
  const ledger = async (): Promise<LedgerRow[]> => {
    const { rows } = await database().query((executor) =>
      executor.execute<LedgerRow>(
        sql`SELECT id, status, prompt_tokens::int AS prompt, completion_tokens::int AS completion, cost_nanos::int AS cost, duration_ms::int AS duration
          FROM usage_events ORDER BY id COLLATE "C"`,
      ),
    );
    return rows;
  };
  /** What the sums say, against what the events say. */
  const sums = async () => {
    const { rows } = await database().query((executor) =>
      executor.execute<Record<string, string>>(
        sql`SELECT hour::text, sum(requests)::int AS requests, sum(errors)::int AS errors, sum(prompt_tokens)::int AS prompt, sum(completion_tokens)::int AS completion, sum(cost_nanos)::int AS cost
          FROM usage_rollups GROUP BY 1 ORDER BY 1`,
      ),
    );
    const counted = await database().query((executor) =>
      executor.execute<Record<string, string>>(
        sql`SELECT date_trunc('hour', started_at, 'UTC')::text AS hour, count(*)::int AS requests, (count(*) FILTER (WHERE status IN ('failed', 'interrupted')))::int AS errors,
            sum(prompt_tokens)::int AS prompt, sum(completion_tokens)::int AS completion, sum(cost_nanos)::int AS cost
          FROM usage_events GROUP BY 1 ORDER BY 1`,
      ),
    );
    return { rollups: rows, events: counted.rows };
  };
  const create = (options: Partial<CrashingMeterOptions> = {}) =>
    createCrashingMeter({ folder, database: database(), ...options });
  const start = async (options: Partial<CrashingMeterOptions> = {}): Promise<CrashingMeter> => {
    const metering = create(options);
    await metering.start();
    return metering;
  };

  test('what ended is in the ledger after a flush, and the journal is gone after a close', async () => {
    const metering = await start();
    const open = usageOpen();
    metering.meter.open(open);
    const event = usageEvent(open);
    metering.meter.close(event);
    expect(metering.pendingCount()).toBe(1);
    await metering.flush();
    expect(metering.pendingCount()).toBe(0);
    expect(await ledger()).toEqual([shown(event)]);
    await metering.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('events are moved without being asked for', async () => {
    const metering = await start();
    metering.meter.close(usageEvent(usageOpen()));
    metering.clock.advance(1_000);
    await expect.poll(() => metering.pendingCount()).toBe(0);
    expect(await ledger()).toHaveLength(1);
    await metering.close();
  });

  test('a crash at any point: the ledger holds once what was told, and an interrupted event for what was cut off', async () => {
    const action = fc.constantFrom('open', 'progress', 'close', 'close', 'turn', 'move', 'sync', 'outage', 'crash');
    const step = fc.record({ action, which: fc.nat(7), tokens: fc.integer({ min: 1, max: 50 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), async (steps) => {
        await clean();
        await rm(folder, { recursive: true, force: true });
        folder = await mkdtemp(join(tmpdir(), 'turnpike-journal-'));
        const breakable = createBreakableDatabase(database());
        const recovered: string[] = [];
        const begin = () =>
          start({
            database: breakable,
            segmentBytes: 700,
            maxHeld: 2,
            onRecovered: (open) => {
              recovered.push(open.id);
            },
          });
        let metering = await begin();
        const told = new Map<string, LedgerRow>();
        const interrupted: string[] = [];
        /** Open requests: what the file knows for certain, and what only memory does. */
        type Known = { open: UsageOpen; completionTokens: number; lastSeenMs: number };
        let onDisk = new Map<string, Known>();
        let inMemory = new Map<string, Known>();
        const reachDisk = () => {
          onDisk = new Map(inMemory);
        };
        const crash = async () => {
          await metering.crash();
          for (const known of onDisk.values()) {
            told.set(known.open.id, shown(interruptedEvent(known)));
            interrupted.push(known.open.id);
          }
          onDisk = new Map();
          inMemory = new Map();
        };
        for (const { action: what, which, tokens } of steps) {
          const request = [...inMemory.values()][which];
          if (what === 'open') {
            const open = usageOpen({ startedAtMs: metering.clock.now() - which * 1_800_000 });
            metering.meter.open(open);
            inMemory.set(open.id, { open, completionTokens: 0, lastSeenMs: open.startedAtMs });
          } else if (what === 'progress' && request !== undefined) {
            metering.meter.progress(request.open.id, tokens);
            inMemory.set(request.open.id, { ...request, completionTokens: tokens, lastSeenMs: metering.clock.now() });
          } else if (what === 'close' && request !== undefined) {
            const event = usageEvent(request.open, { completionTokens: tokens });
            metering.meter.close(event);
            inMemory.delete(event.id);
            told.set(event.id, shown(event));
            reachDisk();
          } else if (what === 'turn' || what === 'move' || what === 'sync') {
            await turn();
            reachDisk();
            if (what === 'sync') metering.clock.advance(1_000);
            if (what === 'move') await metering.flush().catch(() => undefined);
            await turn();
          } else if (what === 'outage') breakable.isGone = !breakable.isGone;
          else if (what === 'crash') {
            await crash();
            metering = await begin();
          }
        }
        await crash();
        breakable.isGone = false;
        const last = await begin();
        expect(await ledger()).toEqual([...told.values()].toSorted(bySomething));
        expect(new Set(recovered)).toEqual(new Set(interrupted));
        const { rollups, events } = await sums();
        expect(rollups).toEqual(events);
        await last.close();
        expect(await readdir(folder)).toEqual([]);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  test('events wait for a database that is gone, in memory and beyond it, and are moved once when it is back', async () => {
    const breakable = createBreakableDatabase(database());
    const metering = await start({ database: breakable, maxHeld: 5, segmentBytes: 4_000 });
    breakable.isGone = true;
    const events = Array.from({ length: 60 }, () => usageEvent(usageOpen()));
    for (const event of events.slice(0, 40)) metering.meter.close(event);
    await expect(metering.flush()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    metering.clock.advance(10_000);
    await turn();
    expect(metering.health().status).toBe('warn');
    expect(metering.pendingCount()).toBe(40);
    breakable.isGone = false;
    const flushing = metering.flush();
    for (const event of events.slice(40)) metering.meter.close(event);
    await flushing;
    await metering.flush();
    expect(metering.pendingCount()).toBe(0);
    expect(metering.health().status).toBe('pass');
    expect(await ledger()).toEqual(events.map(shown).toSorted(bySomething));
    metering.meter.close(usageEvent(usageOpen()));
    await metering.flush();
    expect(await ledger()).toHaveLength(61);
    await metering.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('what could not be moved before the end is moved by the next process', async () => {
    const breakable = createBreakableDatabase(database());
    const metering = await start({ database: breakable });
    breakable.isGone = true;
    const event = usageEvent(usageOpen());
    metering.meter.close(event);
    await metering.close();
    const next = create();
    expect(await next.start()).toEqual({ journals: 1, events: 1, interrupted: 0 });
    expect(await ledger()).toEqual([shown(event)]);
    await next.close();
  });

  test('a disk that is full loses nothing: events reach the ledger, and health says so', async () => {
    let isFull = true;
    const metering = await start({
      append: (descriptor, bytes, offset, length) => {
        if (isFull) throw new Error('ENOSPC');
        return journalDisk.append(descriptor, bytes, offset, Math.min(7, length));
      },
    });
    metering.meter.close(usageEvent(usageOpen()));
    expect(metering.health()).toMatchObject({ status: 'warn' });
    await metering.flush();
    expect(await ledger()).toHaveLength(1);
    metering.meter.close(usageEvent(usageOpen()));
    isFull = false;
    metering.clock.advance(1_000);
    expect(metering.health()).toMatchObject({ status: 'pass' });
    await metering.flush();
    expect(await ledger()).toHaveLength(2);
    await metering.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('a full disk and no database: health fails, and all is moved when they are back', async () => {
    let isFull = true;
    const breakable = createBreakableDatabase(database());
    const metering = await start({
      database: breakable,
      maxHeld: 2,
      append: (...parameters) => {
        if (isFull) throw new Error('ENOSPC');
        return journalDisk.append(...parameters);
      },
    });
    breakable.isGone = true;
    const events = Array.from({ length: 10 }, () => usageEvent(usageOpen()));
    for (const event of events) metering.meter.close(event);
    await expect(metering.flush()).rejects.toThrow('gone');
    expect(metering.health().status).toBe('fail');
    isFull = false;
    breakable.isGone = false;
    metering.clock.advance(5_000);
    await metering.flush();
    expect(await ledger()).toEqual(events.map(shown).toSorted(bySomething));
    expect(metering.health().status).toBe('pass');
    await metering.close();
  });

  test('an event that the ledger refuses is kept aside and holds up no other', async () => {
    const metering = await start();
    const bad = usageEvent(usageOpen(), { promptTokens: Number.NaN });
    const events = Array.from({ length: 20 }, () => usageEvent(usageOpen()));
    for (const event of [...events.slice(0, 7), bad, ...events.slice(7)]) metering.meter.close(event);
    await metering.flush();
    expect(await ledger()).toEqual(events.map(shown).toSorted(bySomething));
    expect(metering.health()).toMatchObject({ status: 'warn' });
    expect(await readFile(join(folder, 'refused.ndjson'), 'utf8')).toContain(bad.id);
    await metering.close();
  });

  test('a line torn by the crash is passed over', async () => {
    const crashing = await start();
    const event = usageEvent(usageOpen());
    crashing.meter.close(event);
    await crashing.crash();
    const [name = ''] = await readdir(folder);
    await appendFile(join(folder, name, '0001.ndjson'), '["c","torn');
    const next = create();
    expect(await next.start()).toEqual({ journals: 1, events: 1, interrupted: 0 });
    await next.close();
    expect(await ledger()).toEqual([shown(event)]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a damaged line is passed over and its file is kept aside', async () => {
    const crashing = await start();
    crashing.meter.close(usageEvent(usageOpen()));
    await crashing.crash();
    const [name = ''] = await readdir(folder);
    await appendFile(join(folder, name, '0001.ndjson'), '["c","damag\n');
    const other = usageEvent(usageOpen());
    const { closeLine } = await import('./journal-record.ts');
    await appendFile(join(folder, name, '0001.ndjson'), closeLine(other));
    const next = create();
    expect(await next.start()).toEqual({ journals: 1, events: 2, interrupted: 0 });
    await next.close();
    expect(await ledger()).toHaveLength(2);
    expect(await readdir(folder)).toEqual(['damaged']);
    expect(await readdir(join(folder, 'damaged'))).toEqual([`${name}-0001.ndjson`]);
  });

  test('events that the dead process had moved are not sent again', async () => {
    const crashing = await start();
    crashing.meter.close(usageEvent(usageOpen()));
    await crashing.flush();
    await turn();
    crashing.meter.close(usageEvent(usageOpen()));
    await crashing.crash();
    // As if retention had dropped the first one meanwhile: its sum must not be counted twice.
    await database().query((executor) => executor.execute(sql`DELETE FROM usage_events`));
    const next = create();
    expect(await next.start()).toEqual({ journals: 1, events: 1, interrupted: 0 });
    await next.close();
    const { rollups } = await sums();
    expect(rollups).toMatchObject([{ requests: 2 }]);
  });

  test('recovery gives what was reserved to the limits, and goes on when they fail', async () => {
    const crashing = await start();
    const reservation = {
      id: 'reservation',
      held: [
        {
          limit: { name: 'tpm', counts: 'tokens' as const, window: 'minute' as const, quota: 9, subject: 'key_1' },
          windowStartMs: 0,
          amount: 5,
        },
      ],
    };
    crashing.meter.open(usageOpen({ id: 'a', reservation }));
    crashing.meter.open(usageOpen({ id: 'b' }));
    crashing.meter.progress('a', 4);
    await turn();
    await crashing.crash();
    const settled: [UsageOpen, UsageEvent][] = [];
    const next = create({
      onRecovered: (open, event) => {
        settled.push([open, event]);
        return Promise.reject(new Error('the limits are gone'));
      },
    });
    expect(await next.start()).toEqual({ journals: 1, events: 2, interrupted: 2 });
    await next.close();
    expect(settled).toMatchObject([
      [
        { id: 'a', reservation },
        { status: 'interrupted', httpStatus: 0, promptTokens: 10, completionTokens: 4, estimated: true },
      ],
      [{ id: 'b' }, { status: 'interrupted', completionTokens: 0 }],
    ]);
    const tokens = { promptTokens: 10, completionTokens: 4, cachedTokens: 0, reasoningTokens: 0 };
    expect((await ledger())[0]).toMatchObject({ id: 'a', cost: costNanos(usageOpen(), tokens) });
  });

  test('the journal of a living process is left alone, and taken over within seconds of its death', async () => {
    const first = await start();
    const other = create();
    const open = usageOpen();
    first.meter.open(open);
    await turn();
    expect(await other.start()).toEqual({ journals: 0, events: 0, interrupted: 0 });
    await first.crash();
    other.clock.advance(10_000);
    await expect.poll(async () => (await readdir(folder)).length).toBe(1);
    expect(await ledger()).toMatchObject([{ id: open.id, status: 'interrupted' }]);
    await other.close();
  });

  test('processes that start at once recover a journal once', async () => {
    const crashing = await start();
    for (let index = 0; index < 50; index += 1) crashing.meter.close(usageEvent(usageOpen()));
    await crashing.crash();
    const others = Array.from({ length: 4 }, () => create());
    const reports = await Promise.all(others.map((other) => other.start()));
    expect(reports.reduce((sum, report) => sum + report.journals, 0)).toBe(1);
    for (const other of others) await other.close();
    expect(await ledger()).toHaveLength(50);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a backlog does not hold up the start for longer than a second', async () => {
    const crashing = await start();
    const event = usageEvent(usageOpen());
    crashing.meter.close(event);
    await crashing.crash();
    let letGo: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let isAsked = false;
    const base = database();
    const next = create({
      database: {
        ...base,
        query: async (work) => {
          isAsked = true;
          await slow;
          return base.query(work);
        },
      },
    });
    const starting = next.start();
    await expect.poll(() => isAsked).toBe(true);
    next.clock.advance(1_000);
    expect(await starting).toEqual({ journals: 0, events: 0, interrupted: 0 });
    letGo?.();
    await expect.poll(async () => (await readdir(folder)).length).toBe(1);
    expect(await ledger()).toEqual([shown(event)]);
    await next.close();
  });

  test('a journal that cannot be read now is tried again and does not stop others', async () => {
    const crashing = await start();
    crashing.meter.close(usageEvent(usageOpen()));
    await crashing.crash();
    const unreadable = join(folder, '00000000000000000000000000');
    await mkdir(join(unreadable, '0001.ndjson'), { recursive: true });
    const next = create();
    expect(await next.start()).toEqual({ journals: 1, events: 1, interrupted: 0 });
    await rm(join(unreadable, '0001.ndjson'), { recursive: true });
    await writeFile(join(unreadable, '0001.ndjson'), '');
    next.clock.advance(10_000);
    await expect.poll(async () => (await readdir(folder)).length).toBe(1);
    await next.close();
  });

  test('kill -9 in the middle of metering loses nothing that was told', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../testing/journal-child.ts'), folder]);
    const told: string[] = [];
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      told.push(...lines);
      if (told.length > 3_000) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const metering = create();
    const report = await metering.start();
    await metering.close();
    const rows = await ledger();
    const completed = new Set(rows.filter((row) => row.status === 'completed').map((row) => row.id));
    expect(told.length).toBeGreaterThan(3_000);
    expect(told.filter((id) => !completed.has(id))).toEqual([]);
    const interrupted = rows.filter((row) => row.status === 'interrupted');
    expect(interrupted.length).toBeGreaterThan(0);
    // One whose last write was cut off by the kill may be known without its progress.
    expect(interrupted.filter((row) => row.prompt !== 10 || row.completion !== 3).length).toBeLessThanOrEqual(1);
    expect(rows).toHaveLength(report.events);
    expect(interrupted).toHaveLength(report.interrupted);
    expect(await readdir(folder)).toEqual([]);
  });
});
