import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { createAuthenticator, type Authenticator } from './authenticator.ts';
import { generateSecret, hashSecret } from './key-format.ts';
import type { KeyChange, KeyRecord } from './store.ts';

const unavailable = () => new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached right now.');
const graceSeconds = 60;

/** What the database holds, with the calls it gets; `down` makes it unreachable, `held` makes look-ups wait. */
class FakeStore {
  readonly records = new Map<string, KeyRecord>();
  changes: (KeyChange & { readonly atMs: number })[] = [];
  down = false;
  lookUps = 0;
  held: (() => void)[] | undefined;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  add(change: Partial<KeyRecord> = {}, keyId = 'key_1'): string {
    const secret = generateSecret('sk_live_');
    const principal = {
      tenantId: 'ten_1',
      keyId,
      mode: 'live' as const,
      scopes: new Set(['chat']),
      models: null,
      plan: 'free',
      suspended: false,
      pinnedVersion: undefined,
    };
    this.records.set(hashSecret(secret), {
      principal,
      revoked: false,
      keyExpiresAtMs: Infinity,
      secretExpiresAtMs: Infinity,
      ...change,
    });
    return secret;
  }

  /** A change made by another process. */
  change(secret: string, change: Partial<KeyRecord>): void {
    const hash = hashSecret(secret);
    const record = this.records.get(hash);
    if (record === undefined) throw new Error('no such secret');
    this.records.set(hash, { ...record, ...change });
    const atMs = this.#clock.now();
    this.changes.push({ kind: 'key', id: record.principal.keyId, version: String(this.changes.length), atMs });
  }

  findByHash = async (hash: string): Promise<KeyRecord | undefined> => {
    this.lookUps += 1;
    const isDown = this.down;
    const record = this.records.get(hash);
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held?.push(resolve));
    if (isDown) throw unavailable();
    return record;
  };

  changedWithin = (seconds: number): Promise<KeyChange[]> => {
    if (this.down) return Promise.reject(unavailable());
    const sinceMs = this.#clock.now() - seconds * 1000;
    const latest = new Map(
      this.changes
        .filter((change) => change.atMs > sinceMs)
        .map(({ kind, id, version }) => [id, { kind, id, version }]),
    );
    return Promise.resolve([...latest.values()]);
  };
}

describe('authentication', () => {
  let clock: ManualClock;
  let store: FakeStore;
  let authenticator: Authenticator;
  let logger: ReturnType<typeof createRecordingLogger>;

  beforeEach(() => {
    clock = createManualClock();
    store = new FakeStore(clock);
    logger = createRecordingLogger();
    authenticator = createAuthenticator({ store, clock, logger, outageGraceSeconds: graceSeconds });
  });

  /** Lets timers and the refreshes they start run, in steps as short as the refresh itself. */
  const pass = async (ms: number): Promise<void> => {
    for (let rest = ms; rest > 0; rest -= 500) {
      clock.advance(Math.min(500, rest));
      await authenticator.refresh();
    }
  };
  /** Error code or key id. */
  const outcome = async (secret: string | undefined): Promise<string> => {
    try {
      return (await authenticator.authenticate(secret)).keyId;
    } catch (error) {
      return error instanceof AppError ? error.code : String(error);
    }
  };

  test.each([undefined, '', 'sk_live_nonsense', 'Bearer x'])(
    'refuses %j without asking the database',
    async (secret) => {
      expect(await outcome(secret)).toBe('INVALID_API_KEY');
      expect(store.lookUps).toBe(0);
    },
  );

  test('asks the database once for a key, then answers at once', async () => {
    const secret = store.add();
    expect(await outcome(secret)).toBe('key_1');
    const known = authenticator.authenticate(secret);
    expect(known).not.toBeInstanceOf(Promise);
    expect(known).toBe(authenticator.authenticate(secret));
    expect(store.lookUps).toBe(1);
  });

  test('asks once for a hundred requests that come at the same time', async () => {
    const secret = store.add();
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => outcome(secret))))).toEqual(new Set(['key_1']));
    expect(store.lookUps).toBe(1);
  });

  test('remembers that a key is unknown, for a while', async () => {
    const secret = generateSecret('sk_live_');
    expect(await outcome(secret)).toBe('INVALID_API_KEY');
    expect(await outcome(secret)).toBe('INVALID_API_KEY');
    expect(store.lookUps).toBe(1);
    await pass(31_000);
    expect(await outcome(secret)).toBe('INVALID_API_KEY');
    expect(store.lookUps).toBe(2);
  });

  test('honours what another process revoked after one look for changes', async () => {
    const secret = store.add();
    await outcome(secret);
    store.change(secret, { revoked: true });
    expect(await outcome(secret)).toBe('key_1');
    await pass(500);
    expect(await outcome(secret)).toBe('INVALID_API_KEY');
  });

  test('does not load again what has not changed again', async () => {
    const secret = store.add();
    store.change(secret, {});
    await pass(500);
    await outcome(secret);
    await pass(30_000);
    await outcome(secret);
    expect(store.lookUps).toBe(1);
  });

  test('honours the revocation of this process at once', async () => {
    const secret = store.add();
    await outcome(secret);
    store.change(secret, { revoked: true });
    authenticator.forget('key_1');
    expect(await outcome(secret)).toBe('INVALID_API_KEY');
  });

  test('forgets all keys of a tenant that changed', async () => {
    const secrets = [store.add({}, 'key_1'), store.add({}, 'key_2')];
    for (const secret of secrets) await outcome(secret);
    authenticator.forget('ten_1');
    for (const secret of secrets) await outcome(secret);
    expect(store.lookUps).toBe(4);
  });

  test('a look-up that was under way during a revocation brings nothing back', async () => {
    const secret = store.add();
    store.held = [];
    const before = outcome(secret);
    store.change(secret, { revoked: true });
    authenticator.forget('key_1');
    // A request of after the revocation does not join the look-up of before.
    const after = outcome(secret);
    for (const release of store.held) release();
    store.held = undefined;
    await before;
    expect(await after).toBe('INVALID_API_KEY');
    expect(await outcome(secret)).toBe('INVALID_API_KEY');
  });

  test('nor does one that was under way while very many keys changed', async () => {
    const secret = store.add();
    store.held = [];
    const before = outcome(secret);
    store.change(secret, { revoked: true });
    authenticator.forget('key_1');
    for (let index = 0; index < 10_002; index += 1) authenticator.forget(`key_other_${String(index)}`);
    for (const release of store.held) release();
    store.held = undefined;
    await before;
    expect(await outcome(secret)).toBe('INVALID_API_KEY');
  });

  test('lets a key expire by the clock, without another look-up', async () => {
    const secret = store.add({ keyExpiresAtMs: clock.now() + 10_000 });
    expect(await outcome(secret)).toBe('key_1');
    clock.advance(9_999);
    expect(await outcome(secret)).toBe('key_1');
    clock.advance(1);
    expect(await outcome(secret)).toBe('EXPIRED_API_KEY');
    expect(store.lookUps).toBe(1);
  });

  test('refuses a rotated secret when its overlap is over', async () => {
    const secret = store.add({ secretExpiresAtMs: clock.now() + 10_000 });
    expect(await outcome(secret)).toBe('key_1');
    clock.advance(10_000);
    expect(await outcome(secret)).toBe('INVALID_API_KEY');
  });

  test('keeps no more keys than it may', async () => {
    const small = createAuthenticator({ store, clock, logger, outageGraceSeconds: graceSeconds, maxEntries: 2 });
    const [first = '', second = '', third = ''] = ['key_1', 'key_2', 'key_3'].map((id) => store.add({}, id));
    for (const secret of [first, second, third]) await small.authenticate(secret);
    await small.authenticate(second);
    await small.authenticate(third);
    expect(store.lookUps).toBe(3);
    await small.authenticate(first);
    expect(store.lookUps).toBe(4);
  });

  test('stops looking for changes when it is closed', async () => {
    authenticator.close();
    store.down = true;
    clock.advance(5_000);
    await Promise.resolve();
    expect(logger.lines).toEqual([]);
  });

  describe('while the database is gone', () => {
    test('an unknown key is a 503 of ours, never a 401', async () => {
      const secret = store.add();
      store.down = true;
      expect(await outcome(secret)).toBe('DATABASE_UNAVAILABLE');
      await pass(5_000);
      expect(await outcome(secret)).toBe('DATABASE_UNAVAILABLE');
      expect(await outcome(generateSecret('sk_live_'))).toBe('DATABASE_UNAVAILABLE');
    });

    test('known keys go on until the grace ends, then 503, and come back with it', async () => {
      const secret = store.add();
      await outcome(secret);
      store.down = true;
      await pass(graceSeconds * 1000);
      expect(await outcome(secret)).toBe('key_1');
      await pass(1_000);
      expect(await outcome(secret)).toBe('DATABASE_UNAVAILABLE');
      store.down = false;
      await pass(500);
      expect(await outcome(secret)).toBe('key_1');
    });

    test('a key revoked elsewhere meanwhile is refused once it is back, however long it took', async () => {
      const secret = store.add();
      await outcome(secret);
      store.down = true;
      await pass(1_000);
      store.change(secret, { revoked: true });
      await pass(40_000);
      expect(await outcome(secret)).toBe('key_1');
      store.down = false;
      await pass(500);
      expect(await outcome(secret)).toBe('INVALID_API_KEY');
    });

    test('says so once in the log, and once that it is over', async () => {
      store.down = true;
      await pass(5_000);
      store.down = false;
      await pass(5_000);
      expect(logger.lines.map((line) => line.level)).toEqual(['warn', 'info']);
    });
  });
});
