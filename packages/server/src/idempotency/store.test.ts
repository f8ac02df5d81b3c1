import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCipher } from '../secrets/cipher.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { scopeId } from './idempotency-key.ts';
import { createIdempotencyStore, type Claim, type ClaimHandle, type IdempotencyStore } from './store.ts';

const masterKey = randomBytes(32);
const hourMs = 3_600_000;
const leaseMs = 30_000;
let nextKey = 0;

/** A request of its own. */
function request(changes: { readonly tenantId?: string; readonly path?: string; readonly fingerprint?: string } = {}) {
  nextKey += 1;
  const { tenantId = 'ten_1', path = '/v1/x', fingerprint = 'one' } = changes;
  return { id: scopeId({ owner: tenantId, method: 'POST', path, key: `key-${nextKey}` }), tenantId, fingerprint };
}

function claimed(claim: Claim): ClaimHandle {
  if (claim.kind !== 'claimed') throw new Error(`the claim is ${claim.kind}`);
  return claim.claim;
}

describeEachDatabase('the idempotency store', (database) => {
  let clock: ManualClock;
  let open: IdempotencyStore[];
  let store: IdempotencyStore;
  /** A store as a process of its own has it. */
  const openStore = (itsClock: ManualClock = clock): IdempotencyStore => {
    const fresh = createIdempotencyStore({
      database: database(),
      clock: itsClock,
      logger: createRecordingLogger(),
      cipher: createCipher(masterKey, 'idempotency'),
      maxBodyBytes: 2_000,
      leaseMs,
    });
    open.push(fresh);
    return fresh;
  };
  /** Ends when everything sent to the database before is done. */
  const settled = async () => {
    for (let round = 0; round < 3; round += 1) await database().query((executor) => executor.execute(sql`SELECT 1`));
  };
  const leaseOf = async (id: string) => {
    const { rows } = await database().query((executor) =>
      executor.execute<{ until: string }>(sql`SELECT lease_until AS until FROM idempotency_records WHERE id = ${id}`),
    );
    return new Date(rows[0]?.until ?? 0).getTime();
  };
  beforeEach(() => {
    clock = createManualClock();
    open = [];
    store = openStore();
  });
  afterEach(async () => {
    await Promise.all(open.map((one) => one.close()));
  });

  const answer = { status: 201, headers: ['x-thing', 'a', 'Set-Thing', 'b'], body: '{"text":"grüße 😀  "}' };

  test('lets one of 50 at once execute, on two processes', async () => {
    const asked = request();
    const other = openStore();
    const claims = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? store : other).claim(asked)),
    );
    const kinds = claims.map((claim) => claim.kind);
    expect(kinds.filter((kind) => kind === 'claimed')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'running')).toHaveLength(49);
  });

  test('gives the first answer again, byte for byte, on any process', async () => {
    const asked = request();
    await store.complete(claimed(await store.claim(asked)), answer);
    expect(await store.claim(asked)).toEqual({ kind: 'replay', response: answer });
    expect(await openStore().claim(asked)).toEqual({ kind: 'replay', response: answer });
  });

  test('tells a conflict from the first moment on', async () => {
    const asked = request();
    const other = { ...asked, fingerprint: 'two' };
    const claim = claimed(await store.claim(asked));
    expect((await store.claim(other)).kind).toBe('conflict');
    await store.complete(claim, answer);
    expect((await store.claim(other)).kind).toBe('conflict');
  });

  test('forgets a request that was released', async () => {
    const asked = request();
    await store.release(claimed(await store.claim(asked)));
    expect((await store.claim({ ...asked, fingerprint: 'two' })).kind).toBe('claimed');
  });

  test('does not forget an answer by a release that comes late', async () => {
    const asked = request();
    const claim = claimed(await store.claim(asked));
    await store.complete(claim, answer);
    await store.release(claim);
    expect((await store.claim(asked)).kind).toBe('replay');
  });

  test('frees the key of a process that died, when its lease is over and not before', async () => {
    const itsClock = createManualClock(clock.now());
    const asked = request();
    claimed(await openStore(itsClock).claim(asked));
    clock.advance(leaseMs - 1);
    await settled();
    expect((await store.claim(asked)).kind).toBe('running');
    clock.advance(1);
    expect((await store.claim(asked)).kind).toBe('claimed');
  });

  test('of many that find a key freed by a crash, one takes it', async () => {
    const asked = request();
    claimed(await openStore(createManualClock(clock.now())).claim(asked));
    clock.advance(leaseMs);
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim(asked)));
    expect(claims.filter((claim) => claim.kind === 'claimed')).toHaveLength(1);
  });

  test('lets the late end of a dead claim change nothing', async () => {
    const dead = openStore(createManualClock(clock.now()));
    const asked = request();
    const late = claimed(await dead.claim(asked));
    clock.advance(leaseMs);
    const claim = claimed(await store.claim(asked));
    await dead.complete(late, { ...answer, body: 'late' });
    expect((await store.claim(asked)).kind).toBe('running');
    await dead.release(late);
    expect((await store.claim(asked)).kind).toBe('running');
    await store.complete(claim, answer);
    await dead.complete(late, { ...answer, body: 'later' });
    expect(await store.claim(asked)).toEqual({ kind: 'replay', response: answer });
  });

  test('keeps a long execution by renewing its lease', async () => {
    const asked = request();
    const claim = claimed(await store.claim(asked));
    for (let step = 0; step < 30; step += 1) {
      clock.advance(leaseMs / 3);
      await expect.poll(() => leaseOf(asked.id)).toBe(clock.now() + leaseMs);
    }
    expect((await openStore().claim(asked)).kind).toBe('running');
    await store.complete(claim, answer);
    expect((await store.claim(asked)).kind).toBe('replay');
  });

  test('says so when an answer was too large to keep, and does not execute again', async () => {
    const asked = request();
    await store.complete(claimed(await store.claim(asked)), { ...answer, body: 'x'.repeat(2_001) });
    expect((await store.claim(asked)).kind).toBe('too-large');
    expect((await store.claim({ ...asked, fingerprint: 'two' })).kind).toBe('conflict');
  });

  test('keeps an answer for 24 hours and not a millisecond longer', async () => {
    const asked = request();
    await store.complete(claimed(await store.claim(asked)), answer);
    clock.advance(24 * hourMs - 1);
    expect((await store.claim(asked)).kind).toBe('replay');
    clock.advance(1);
    expect((await store.claim({ ...asked, fingerprint: 'two' })).kind).toBe('claimed');
  });

  test('deletes what is older than 24 hours, by itself too', async () => {
    // Off the beat of the store's own timer.
    clock.advance(5);
    const count = async () => {
      const { rows } = await database().query((executor) =>
        executor.execute<{ n: number }>(sql`SELECT count(*)::int AS n FROM idempotency_records`),
      );
      return rows[0]?.n;
    };
    // What other tests left is older, or of this hour.
    await database().query((executor) => executor.execute(sql`DELETE FROM idempotency_records`));
    for (let index = 0; index < 3; index += 1) await store.complete(claimed(await store.claim(request())), answer);
    clock.advance(24 * hourMs - 1);
    await settled();
    expect(await store.expire()).toBe(0);
    expect(await count()).toBe(3);
    clock.advance(1);
    expect(await store.expire()).toBe(3);
    await store.complete(claimed(await store.claim(request())), answer);
    clock.advance(25 * hourMs);
    await expect.poll(count).toBe(0);
  });

  test('stores the answer sealed: neither its text nor its headers are in the row', async () => {
    const asked = request();
    const body = '{"text":"the-secret-of-the-answer"}';
    await store.complete(claimed(await store.claim(asked)), { status: 200, headers: ['x-hidden', 'hidden'], body });
    const { rows } = await database().query((executor) =>
      executor.execute<{ row: string; payload: Buffer }>(
        sql`SELECT row_to_json(r)::text AS row, payload FROM idempotency_records r WHERE id = ${asked.id}`,
      ),
    );
    const payload = Buffer.from(rows[0]?.payload ?? []);
    expect(payload.length).toBeGreaterThan(body.length);
    for (const word of ['secret-of', 'hidden']) {
      expect(rows[0]?.row).not.toContain(word);
      expect(payload.includes(word)).toBe(false);
    }
  });

  test('does not open an answer that was moved to another row', async () => {
    const [mine, theirs] = [request(), request({ tenantId: 'ten_2' })];
    await store.complete(claimed(await store.claim(mine)), answer);
    await store.complete(claimed(await store.claim(theirs)), answer);
    await database().query((executor) =>
      executor.execute(
        sql`UPDATE idempotency_records SET payload = (SELECT payload FROM idempotency_records WHERE id = ${mine.id}) WHERE id = ${theirs.id}`,
      ),
    );
    await expect(store.claim(theirs)).rejects.toThrow();
  });

  test('keeps tenants, routes and keys apart', async () => {
    const scope = { owner: 'ten_1', method: 'POST', path: '/v1/x', key: 'the-same-key' };
    const scopes = [scope, { ...scope, owner: 'ten_2' }, { ...scope, path: '/v1/y' }, { ...scope, key: 'other-key' }];
    for (const one of scopes) {
      const claim = await store.claim({ id: scopeId(one), tenantId: one.owner, fingerprint: one.owner });
      expect(claim.kind).toBe('claimed');
    }
  });

  test('of a stream tells the id while it runs and when it is over; a crash gives it a new one', async () => {
    const asked = request();
    const claim = claimed(await store.claim({ ...asked, streamId: 'stream_1' }));
    const again = { ...asked, streamId: 'stream_2' };
    expect(await store.claim(again)).toEqual({ kind: 'stream', streamId: 'stream_1', running: true });
    await store.completeStream(claim);
    expect(await store.claim(again)).toEqual({ kind: 'stream', streamId: 'stream_1', running: false });

    const crashed = { ...request(), streamId: 'stream_3' };
    claimed(await openStore(createManualClock(clock.now())).claim(crashed));
    clock.advance(leaseMs);
    expect((await store.claim({ ...crashed, streamId: 'stream_4' })).kind).toBe('claimed');
    expect(await store.claim(crashed)).toMatchObject({ kind: 'stream', streamId: 'stream_4' });
  });
});
