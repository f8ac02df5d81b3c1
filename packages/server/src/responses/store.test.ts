import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../ids.ts';
import { createCipher } from '../secrets/cipher.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { createResponseStore, itemsOf, type NewResponse, type ResponseStore } from './store.ts';

const masterKey = randomBytes(32);
const dayMs = 86_400_000;
const settings = { retention_days: 30, max_stored_bytes: 20_000 };

describeEachDatabase('the response store', (database) => {
  let clock: ManualClock;
  let store: ResponseStore;
  let tenantId: string;
  beforeEach(() => {
    clock = createManualClock();
    tenantId = newId('ten', clock.now());
    store = createResponseStore({
      database: database(),
      clock,
      cipher: createCipher(masterKey, 'responses'),
      logger: createRecordingLogger(),
      settings,
    });
  });
  afterEach(() => store.close());

  const settled = async () => {
    for (let round = 0; round < 4; round += 1) await database().query((executor) => executor.execute(sql`SELECT 1`));
  };
  /** A response with one item of input and one of output, saved. */
  const save = async (text: string, changes: Partial<NewResponse> = {}): Promise<NewResponse> => {
    const id = newId('resp', clock.now());
    const made = {
      id,
      tenantId,
      previousId: undefined,
      input: [{ id: `msg_in_${id}`, type: 'message', role: 'user', content: text }],
      response: { id, status: 'completed', output: [{ id: `msg_out_${id}`, type: 'message', text }] },
      ...changes,
    };
    expect(await store.save(made)).toBe(true);
    return made;
  };
  const rows = async (): Promise<number> => {
    const found = await database().query((executor) =>
      executor.execute<{ count: number }>(
        sql`SELECT count(*)::integer AS count FROM responses WHERE tenant_id = ${tenantId}`,
      ),
    );
    return found.rows[0]?.count ?? 0;
  };

  test('gives back what it was given, to the same tenant only', async () => {
    const { id, response, input } = await save('grüße 😀 \u0000');
    expect(await store.get(tenantId, id)).toEqual({ response, input });
    expect(await store.get('ten_other', id)).toBeUndefined();
    expect(await store.chain('ten_other', id)).toEqual({ kind: 'missing', id });
    expect(await store.findItems('ten_other', [`msg_out_${id}`])).toEqual(new Map());
    expect(await store.delete('ten_other', id)).toBe(false);
    expect(await store.get(tenantId, id)).toBeDefined();
  });

  test('keeps nothing readable', async () => {
    const { id } = await save('a very particular secret');
    const { rows: found } = await database().query((executor) =>
      executor.execute<{ payload: Buffer }>(sql`SELECT payload FROM responses WHERE id = ${id}`),
    );
    expect(found[0]?.payload.includes('particular')).toBe(false);
  });

  test('deletes once', async () => {
    const { id } = await save('x');
    expect(await store.delete(tenantId, id)).toBe(true);
    expect(await store.delete(tenantId, id)).toBe(false);
    expect(await store.get(tenantId, id)).toBeUndefined();
  });

  test('does not keep what is too large', async () => {
    const id = newId('resp', clock.now());
    const response = { id, output: [{ text: 'x'.repeat(settings.max_stored_bytes) }] };
    expect(await store.save({ id, tenantId, previousId: undefined, input: [], response })).toBe(false);
    expect(await store.get(tenantId, id)).toBeUndefined();
  });

  test('gives a chain from its beginning', async () => {
    const first = await save('one');
    const second = await save('two', { previousId: first.id });
    const branch = await save('other', { previousId: first.id });
    const third = await save('three', { previousId: second.id });
    const chain = await store.chain(tenantId, third.id);
    if (chain.kind !== 'found') throw new Error(chain.kind);
    expect(chain.responses.flatMap(itemsOf).map(({ id }) => id)).toEqual(
      [first, second, third].flatMap(({ id }) => [`msg_in_${id}`, `msg_out_${id}`]),
    );
    const other = await store.chain(tenantId, branch.id);
    expect(other.kind === 'found' && other.responses.length).toBe(2);
  });

  test('names the link that is missing', async () => {
    const first = await save('one');
    const second = await save('two', { previousId: first.id });
    const third = await save('three', { previousId: second.id });
    await store.delete(tenantId, first.id);
    expect(await store.chain(tenantId, third.id)).toEqual({ kind: 'missing', id: first.id });
    expect(await store.chain(tenantId, 'resp_none')).toEqual({ kind: 'missing', id: 'resp_none' });
  });

  test('does not go on through another tenant’s response', async () => {
    const foreign = await save('theirs', { tenantId: newId('ten', clock.now()) });
    const mine = await save('mine', { previousId: foreign.id });
    expect(await store.chain(tenantId, mine.id)).toEqual({ kind: 'missing', id: foreign.id });
  });

  test('refuses a chain without an end', async () => {
    // 2001 links, put there in one statement: the bound is on their number before any is opened.
    await database().query((executor) =>
      executor.execute(sql`
        INSERT INTO responses (id, tenant_id, previous_id, item_ids, payload, created_at, expires_at)
        SELECT ${tenantId} || n, ${tenantId}, CASE n WHEN 0 THEN NULL ELSE ${tenantId} || (n - 1) END, '{}', '', now(), 'infinity'
        FROM generate_series(0, 2001) AS n`),
    );
    expect(await store.chain(tenantId, `${tenantId}2001`)).toEqual({ kind: 'too-long' });
  });

  test('finds items by their ids, those of the newest response that has them', async () => {
    const first = await save('one');
    const shared = { id: `msg_in_${first.id}`, type: 'message', role: 'user', content: 'newer' };
    clock.advance(1_000);
    const second = await save('two', { input: [shared, { type: 'message', content: 'no id' }] });
    const ids = [shared.id, `msg_out_${first.id}`, `msg_out_${second.id}`, 'msg_none', 'odd \u0000 id'];
    const found = await store.findItems(tenantId, ids);
    expect([...(found?.keys() ?? [])].toSorted()).toEqual(ids.slice(0, 3).toSorted());
    expect(found?.get(shared.id)).toEqual(shared);
    expect(await store.findItems(tenantId, [])).toEqual(new Map());
  });

  test('stores items whose ids are no ids', async () => {
    const { id, input } = await save('x', { input: [{ id: '\u0000' }, { id: 7 }, { id: 'y'.repeat(500) }] });
    expect((await store.get(tenantId, id))?.input).toEqual(input);
  });

  test('forgets a response after its days, and its row with the next housekeeping', async () => {
    const { id } = await save('x');
    clock.leap(clock.now() + 30 * dayMs - 1);
    await settled();
    expect(await store.get(tenantId, id)).toBeDefined();
    clock.advance(1);
    expect(await store.get(tenantId, id)).toBeUndefined();
    expect(await store.chain(tenantId, id)).toEqual({ kind: 'missing', id });
    expect(await rows()).toBe(1);
    clock.advance(10 * 60_000);
    await expect.poll(rows).toBe(0);
  });

  test('says of an expired response that there was none to delete', async () => {
    const { id } = await save('x');
    clock.leap(clock.now() + 31 * dayMs);
    expect(await store.delete(tenantId, id)).toBe(false);
  });

  test('deletes what has expired and leaves the rest', async () => {
    for (let count = 0; count < 5; count += 1) await save('old');
    clock.leap(clock.now() + 29 * dayMs);
    const young = await save('young');
    clock.leap(clock.now() + dayMs);
    const rowsLeft = async () => {
      // Of two who expire at once one passes over what the other is deleting.
      await store.expire();
      return rows();
    };
    await expect.poll(rowsLeft).toBe(1);
    expect(await store.get(tenantId, young.id)).toBeDefined();
  });
});
