import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/test-database.ts';
import { isMasterKeyOf } from './master-key-check.ts';

describeEachDatabase('the master key', (database) => {
  beforeEach(() => database().query((executor) => executor.execute(sql`DELETE FROM master_key_check`)));

  test('is the first one that a database has seen, and no other after it', async () => {
    const key = randomBytes(32);
    expect(await isMasterKeyOf(database(), key)).toBe(true);
    expect(await isMasterKeyOf(database(), key)).toBe(true);
    expect(await isMasterKeyOf(database(), randomBytes(32))).toBe(false);
  });

  test('is one of those that begin at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => isMasterKeyOf(database(), randomBytes(32))));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });
});
