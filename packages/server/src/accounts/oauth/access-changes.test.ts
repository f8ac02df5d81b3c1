import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../postgres/database.ts';
import { describeEachDatabase } from '../../testing/test-database.ts';
import { sweepOAuth } from './oauth-housekeeping.ts';
import { checkRegistration } from './registration-guard.ts';
import { TokenRecords } from './token-records.ts';

async function run(database: Database, statement: string): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await database.query((executor) => executor.execute(sql.raw(statement)));
  return rows;
}

const people = `
  INSERT INTO tenants (id, name, plan) VALUES ('ten_1', 'One', 'free');
  INSERT INTO accounts."organization" ("id", "name", "slug", "createdAt") VALUES ('ten_1', 'One', 'one', now());
  INSERT INTO accounts."user" ("id", "name", "email", "emailVerified") VALUES ('u', 'Ada', 'ada@example.com', true);
  INSERT INTO accounts."member" ("id", "organizationId", "userId", "role", "createdAt")
    VALUES ('mem_1', 'ten_1', 'u', 'developer', now());
  INSERT INTO accounts."session" ("id", "expiresAt", "token", "updatedAt", "userId")
    VALUES ('ses_1', now() + interval '1 day', 'x', now(), 'u');
  INSERT INTO accounts."oauthClient" ("id", "clientId", "redirectUris", "createdAt")
    VALUES ('c', 'client_1', '[]', now() - interval '3 days');
  INSERT INTO accounts."oauthConsent" ("id", "clientId", "userId", "referenceId", "scopes", "createdAt", "updatedAt")
    VALUES ('consent_1', 'client_1', 'u', 'ten_1', '["chat","provider_keys"]', now(), now())`;

describeEachDatabase('what tokens stand on', (database) => {
  const token = (id: string, expires: string) =>
    run(
      database(),
      `INSERT INTO accounts."oauthAccessToken" ("id", "token", "clientId", "userId", "referenceId", "resources",
        "expiresAt", "createdAt", "scopes") VALUES ('${id}', 'hash ${id}', 'client_1', 'u', 'ten_1',
        '["https://api.example"]', now() + interval '${expires}', now(), '["chat","provider_keys"]')`,
    );
  beforeAll(async () => {
    for (const statement of people.split(';')) await run(database(), statement);
    await token('tok_1', '1 hour');
    await token('tok_2', '1 hour');
    await token('tok_old', '-2 days');
    await token('tok_late', '-1 hour');
  });

  test('is found with a token: who, for whom, what the role still covers', async () => {
    const records = new TokenRecords(database());
    const found = await records.accessToken('hash tok_1');
    expect(found?.principal).toMatchObject({ tenantId: 'ten_1', keyId: 'app_consent_1', plan: 'free' });
    expect([...(found?.principal?.scopes ?? [])]).toEqual(['chat']);
    expect(found).toMatchObject({ resources: ['https://api.example'], isBound: false });
    expect(found?.dependsOn.toSorted()).toEqual(['client_1', 'consent_1', 'mem_1', 'ten_1', 'tok_1']);
    expect(await records.accessToken('hash none')).toBeUndefined();
    expect((await records.principalById('ten_1', 'app_consent_1'))?.keyId).toBe('app_consent_1');
    expect((await records.principalById('ten_1', 'usr_u'))?.tenantId).toBe('ten_1');
    for (const [tenantId, keyId] of [
      ['ten_2', 'app_consent_1'],
      ['ten_2', 'usr_u'],
      ['ten_1', 'key_1'],
    ] as const)
      expect(await records.principalById(tenantId, keyId)).toBeUndefined();
  });

  test('is swept when it is over, and not before', async () => {
    await run(
      database(),
      `INSERT INTO accounts."oauthClient" ("id", "clientId", "redirectUris", "createdAt")
       VALUES ('i', 'client_idle', '[]', now() - interval '2 days'), ('n', 'client_new', '[]', now())`,
    );
    await sweepOAuth({ database: database() });
    const tokens = await run(database(), `SELECT "id" FROM accounts."oauthAccessToken" ORDER BY 1`);
    expect(tokens.map(({ id }) => id)).toEqual(['tok_1', 'tok_2', 'tok_late']);
    const clients = await run(database(), `SELECT "clientId" AS id FROM accounts."oauthClient" ORDER BY 1`);
    expect(clients.map(({ id }) => id)).toEqual(['client_1', 'client_new']);
  });

  describe('is noted when it changes', () => {
    test.each([
      [`UPDATE accounts."member" SET "role" = 'viewer' WHERE "id" = 'mem_1'`, 'mem_1'],
      [`DELETE FROM accounts."session" WHERE "id" = 'ses_1'`, 'ses_1'],
      [`UPDATE accounts."oauthAccessToken" SET "revoked" = now() WHERE "id" = 'tok_2'`, 'tok_2'],
      [`DELETE FROM accounts."oauthAccessToken" WHERE "id" = 'tok_1'`, 'tok_1'],
      [`UPDATE accounts."oauthClient" SET "disabled" = true WHERE "clientId" = 'client_1'`, 'client_1'],
      [`UPDATE tenants SET suspended = true, updated_at = clock_timestamp() WHERE id = 'ten_1'`, 'ten_1'],
      [`DELETE FROM accounts."oauthConsent" WHERE "id" = 'consent_1'`, 'consent_1'],
      [`DELETE FROM accounts."user" WHERE "id" = 'u'`, 'mem_1'],
    ])('%s', async (statement, id) => {
      const records = new TokenRecords(database());
      const versionOf = async () => (await records.changedWithin(60)).find((change) => change.id === id)?.version;
      const before = await versionOf();
      await run(database(), statement);
      const after = await versionOf();
      expect(after).toBeDefined();
      expect(after).not.toBe(before);
    });
  });

  test('does not grow without end by strangers who register', async () => {
    const body = { redirect_uris: ['http://127.0.0.1/callback'] };
    expect(await checkRegistration(database(), body)).toEqual({ ...body, application_type: 'native' });
    expect(await checkRegistration(database(), { redirect_uris: ['https://app.example/'] })).not.toHaveProperty(
      'application_type',
    );
    await run(
      database(),
      `INSERT INTO accounts."oauthClient" ("id", "clientId", "redirectUris", "createdAt")
       SELECT 'x' || n, 'client_x' || n, '[]', now() FROM generate_series(1, 5000) AS n`,
    );
    await expect(checkRegistration(database(), body)).rejects.toMatchObject({ statusCode: 429 });
  });
});
