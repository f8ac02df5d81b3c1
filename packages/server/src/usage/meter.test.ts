import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { createUsageMeter, type UsageMeterOptions } from './meter.ts';
import type { UsageEvent } from './usage-event.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

interface LedgerRow extends Record<string, unknown> {
  id: string;
  status: string;
  prompt: number;
  completion: number;
}

/** A database that can be taken away. */
function breakable(database: Database): Database & { gone: boolean } {
  const fail = () => Promise.reject(new AppError('DATABASE_UNAVAILABLE', 'gone'));
  const wrapped = { ...database, gone: false };
  wrapped.query = (work) => (wrapped.gone ? fail() : database.query(work));
  return wrapped;
}

describeEachDatabase('metering', (database) => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'turnpike-journal-'));
    await database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups`));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const ledger = async (): Promise<LedgerRow[]> => {
    const { rows } = await database().query((executor) =>
      executor.execute<LedgerRow>(
        sql`SELECT id, status, prompt_tokens::int AS prompt, completion_tokens::int AS completion FROM usage_events ORDER BY id`,
      ),
    );
    return rows;
  };
  const create = (options: Partial<UsageMeterOptions> = {}) =>
    createUsageMeter({ folder, database: database(), clock: createManualClock(), logger: quiet, ...options });

  test('what ended is in the ledger after a flush, and the journal is gone after a close', async () => {
    const metering = create();
    await metering.start();
    const open = usageOpen();
    metering.meter.open(open);
    metering.meter.close(usageEvent(open));
    await metering.flush();
    expect(await ledger()).toMatchObject([{ id: open.id, status: 'completed', prompt: 10, completion: 5 }]);
    await metering.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('events wait for a database that is gone, in memory and beyond it, and are moved once when it is back', async () => {
    const breaking = breakable(database());
    const metering = create({ database: breaking, maxQueued: 5 });
    await metering.start();
    breaking.gone = true;
    const events = Array.from({ length: 40 }, () => usageEvent(usageOpen()));
    for (const event of events) {
      metering.meter.open(event);
      metering.meter.close(event);
    }
    await expect(metering.flush()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(metering.health().status).toBe('warn');
    expect(metering.pendingCount()).toBe(40);
    breaking.gone = false;
    await metering.flush();
    await metering.flush();
    expect(metering.pendingCount()).toBe(0);
    expect((await ledger()).map((row) => row.id)).toEqual(events.map((event) => event.id).sort());
    expect(metering.health().status).toBe('pass');
    await metering.close();
  });

  test('a full disk loses nothing: lines wait and health says so', async () => {
    let full = true;
    const { writeSync } = await import('node:fs');
    const metering = create({
      write: (descriptor, bytes) => {
        if (full) throw new Error('ENOSPC');
        return writeSync(descriptor, bytes.subarray(0, 7));
      },
    });
    await metering.start();
    const event = usageEvent(usageOpen());
    metering.meter.close(event);
    expect(metering.health()).toMatchObject({ status: 'fail' });
    full = false;
    metering.meter.close(usageEvent(usageOpen()));
    expect(metering.health()).toMatchObject({ status: 'pass' });
    await metering.flush();
    expect(await ledger()).toHaveLength(2);
    await metering.close();
  });

  test('after a crash at any point the ledger holds what was told, and an interrupted event for the rest', async () => {
    const step = fc.record({
      what: fc.constantFrom('open', 'progress', 'close', 'move'),
      which: fc.nat(5),
      tokens: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await database().query((executor) => executor.execute(sql`TRUNCATE usage_events, usage_rollups`));
        const crashing = createUsageMeter({ folder, database: database(), clock: createManualClock(), logger: quiet });
        await crashing.start();
        const requests = Array.from({ length: 6 }, () => ({ open: usageOpen(), state: 'new', tokens: 0 }));
        for (const { what, which, tokens } of steps) {
          const request = requests[which];
          if (what === 'move') await crashing.flush();
          if (request === undefined || request.state === 'closed') continue;
          if (what === 'open' && request.state === 'new') {
            crashing.meter.open(request.open);
            request.state = 'open';
          } else if (request.state === 'open' && what === 'progress') {
            request.tokens += tokens;
            crashing.meter.progress(request.open.id, request.tokens);
          } else if (request.state === 'open' && what === 'close') {
            request.tokens = tokens;
            crashing.meter.close(usageEvent(request.open, { completionTokens: tokens }));
            request.state = 'closed';
          }
        }
        await new Promise((resolve) => setImmediate(resolve));
        await crashing.abandon();
        const recovered: UsageEvent[] = [];
        const next = create({ onRecovered: (_open, event) => void recovered.push(event) });
        await next.start();
        const expected = requests
          .filter(({ state }) => state !== 'new')
          .map(({ open, state, tokens }) => ({
            id: open.id,
            status: state === 'closed' ? 'completed' : 'interrupted',
            prompt: 10,
            completion: tokens,
          }));
        expect(await ledger()).toEqual(expected.toSorted((left, right) => (left.id < right.id ? -1 : 1)));
        expect(recovered.map((event) => event.id).sort()).toEqual(
          requests
            .filter(({ state }) => state === 'open')
            .map(({ open }) => open.id)
            .sort(),
        );
        await next.close();
        expect(await readdir(folder)).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  test('a line torn by the crash is passed over', async () => {
    const crashing = create();
    await crashing.start();
    const event = usageEvent(usageOpen());
    crashing.meter.close(event);
    await crashing.abandon();
    const [name = ''] = await readdir(folder);
    await appendFile(join(folder, name, '000001.ndjson'), '["c",{"id":"torn"');
    const next = create();
    expect(await next.start()).toMatchObject({ journals: 1, events: 1, interrupted: 0 });
    await next.close();
    expect((await ledger()).map((row) => row.id)).toEqual([event.id]);
  });

  test('the journal of a living process is left alone', async () => {
    const living = create();
    await living.start();
    const open = usageOpen();
    living.meter.open(open);
    const other = create();
    expect(await other.start()).toMatchObject({ journals: 0 });
    await other.close();
    living.meter.close(usageEvent(open));
    await living.close();
    expect(await ledger()).toMatchObject([{ id: open.id, status: 'completed' }]);
  });

  test('kill -9 in the middle of metering loses nothing that was told', async () => {
    const child = spawn(process.execPath, [new URL('../testing/journal-child.ts', import.meta.url).pathname, folder]);
    const told: string[] = [];
    await new Promise<void>((resolve) => {
      let rest = '';
      child.stdout.on('data', (chunk: Buffer) => {
        rest += chunk.toString();
        const lines = rest.split('\n');
        rest = lines.pop() ?? '';
        told.push(...lines);
        if (told.length > 3_000) child.kill('SIGKILL');
      });
      child.on('exit', () => {
        resolve();
      });
    });
    const metering = create();
    const report = await metering.start();
    await metering.close();
    const rows = await ledger();
    const completed = new Set(rows.filter((row) => row.status === 'completed').map((row) => row.id));
    expect(told.filter((id) => !completed.has(id))).toEqual([]);
    expect(
      rows
        .filter((row) => row.status === 'interrupted')
        .every((row) => row.prompt === 10 && (row.completion === 3 || row.completion === 0)),
    ).toBe(true);
    expect(report.interrupted).toBeGreaterThan(0);
    expect(rows).toHaveLength(report.events);
  });
});
