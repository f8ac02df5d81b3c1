import { describe, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import type { Authenticator } from '../../keys/authenticator.ts';
import { generateSecret, hashSecret } from '../../keys/key-format.ts';
import type { Principal } from '../../keys/key.ts';
import type { WatchedChange } from '../../keys/watched-cache.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import { createRecordingLogger } from '../../testing/recording-logger.ts';
import type { SessionJwt } from '../session-jwt.ts';
import { bothAuthenticators, createTokenAuthenticator } from './token-authenticator.ts';
import type { TokenRecord } from './token-records.ts';

const publicUrl = 'https://api.example';
const principal: Principal = {
  ...{ tenantId: 'ten_1', keyId: 'app_1', mode: 'live', models: null, plan: 'free', suspended: false },
  scopes: new Set(['chat']),
  pinnedVersion: undefined,
};

function setUp() {
  const clock = createManualClock();
  const stored = new Map<string, TokenRecord>();
  const jwts = new Map<string, SessionJwt>();
  const looks: string[] = [];
  let changes: readonly WatchedChange[] = [];
  const tokens = createTokenAuthenticator({
    records: {
      accessToken: (hash) => {
        looks.push(hash);
        return Promise.resolve(stored.get(hash));
      },
      sessionToken: ({ sessionId, expiresAtMs }) => {
        looks.push(sessionId);
        return Promise.resolve({ principal, expiresAtMs, resources: [], isBound: false, dependsOn: [sessionId] });
      },
      changedWithin: () => Promise.resolve(changes),
    },
    readSessionJwt: (token) => Promise.resolve(jwts.get(token) ?? { kind: 'invalid' }),
    ...{ publicUrl, clock, logger: createRecordingLogger(), outageGraceSeconds: 60 },
  });
  return {
    ...{ clock, stored, jwts, looks, tokens },
    issue: (record: Partial<TokenRecord> = {}): string => {
      const token = generateSecret('oat_');
      const expiresAtMs = clock.now() + 3_600_000;
      const usual = { principal, expiresAtMs, resources: [], isBound: false, dependsOn: ['token_1', 'mem_1'] };
      stored.set(hashSecret(token), { ...usual, ...record });
      return token;
    },
    change: (id: string): Promise<void> => {
      changes = [{ id, version: String(clock.now()) }];
      return tokens.refresh();
    },
  };
}

async function refusal(attempt: () => Principal | Promise<Principal>): Promise<AppError> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was let through');
}

describe('an access token', () => {
  test('is looked up once, and forgotten when what it stands on changes', async () => {
    const { tokens, issue, looks, change, stored } = setUp();
    const token = issue();
    const first = await tokens.authenticate(token);
    expect(first).toMatchObject({
      keyId: 'app_1',
      resourceMetadata: `${publicUrl}/.well-known/oauth-protected-resource`,
    });
    expect(tokens.authenticate(token)).toEqual(first);
    expect(looks).toHaveLength(1);
    stored.clear();
    await change('another');
    expect(tokens.authenticate(token)).toEqual(first);
    await change('mem_1');
    expect((await refusal(() => tokens.authenticate(token))).code).toBe('INVALID_TOKEN');
    expect(looks).toHaveLength(2);
  });

  test('that cannot be one of ours is not looked up', async () => {
    const { tokens, looks } = setUp();
    for (const token of ['oat_', `${generateSecret('oat_')}x`, `oat_${'x'.repeat(200)}`])
      expect((await refusal(() => tokens.authenticate(token))).code).toBe('INVALID_TOKEN');
    expect(looks).toEqual([]);
  });

  test('ends with its time, by the clock', async () => {
    const { tokens, issue, clock } = setUp();
    const token = issue({ expiresAtMs: clock.now() + 1_000 });
    await tokens.authenticate(token);
    clock.advance(1_000);
    const error = await refusal(() => tokens.authenticate(token));
    expect([error.code, error.definition.status]).toEqual(['EXPIRED_TOKEN', 401]);
    expect(error.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  test.each<readonly [string, Partial<TokenRecord>, string | undefined]>([
    ['whose ground is gone', { principal: undefined }, undefined],
    ['bound to a key', { isBound: true }, undefined],
    ['for another resource', { resources: [`${publicUrl}/mcp`] }, undefined],
    ['for another server', { resources: ['https://other.example'] }, '/mcp'],
  ])('%s is refused', async (_title, record, path) => {
    const { tokens, issue } = setUp();
    const error = await refusal(() => tokens.authenticate(issue(record), path));
    expect(error.code).toBe('INVALID_TOKEN');
    const metadata = `${publicUrl}/.well-known/oauth-protected-resource${path ?? ''}`;
    expect(error.headers['www-authenticate']).toContain(`resource_metadata="${metadata}"`);
  });
});

describe('a session’s token', () => {
  test('is checked once, and ends with the session', async () => {
    const { tokens, jwts, looks, change, clock } = setUp();
    const person = { id: 'u', email: 'a@example.com', name: 'A', emailVerified: true };
    const claims = { person, userId: 'u', sessionId: 's_1', tenantId: undefined, expiresAtMs: clock.now() + 900_000 };
    jwts.set('eyJ.a.b', { kind: 'valid', ...claims });
    await tokens.authenticate('eyJ.a.b');
    await tokens.authenticate('eyJ.a.b');
    expect(looks).toEqual(['s_1']);
    await change('s_1');
    await tokens.authenticate('eyJ.a.b');
    expect(looks).toEqual(['s_1', 's_1']);
    expect((await refusal(() => tokens.authenticate('eyJ.c.d'))).code).toBe('INVALID_TOKEN');
    jwts.set('eyJ.e.f', { kind: 'expired', expiresAtMs: clock.now() - 1 });
    expect((await refusal(() => tokens.authenticate('eyJ.e.f'))).code).toBe('EXPIRED_TOKEN');
  });
});

test('keys and tokens go to their own door, by their first characters', async () => {
  const asked: string[] = [];
  const door = (name: string): Authenticator => ({
    authenticate: (secret) => {
      asked.push(`${name} ${String(secret)}`);
      return principal;
    },
    forget: (id) => void asked.push(`${name} forgets ${id}`),
    refresh: () => Promise.resolve(),
    close: () => undefined,
  });
  const both = bothAuthenticators(door('keys'), door('tokens'));
  for (const secret of ['sk_live_x', undefined, 'oat_x', 'eyJ.x.y']) await both.authenticate(secret);
  both.forget('ten_1');
  expect(asked).toEqual([
    ...['keys sk_live_x', 'keys undefined', 'tokens oat_x', 'tokens eyJ.x.y'],
    ...['keys forgets ten_1', 'tokens forgets ten_1'],
  ]);
});
