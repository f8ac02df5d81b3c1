import { describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { localOrigin, readEnvironment } from './environment.ts';

const read = (env: Record<string, string>) => readEnvironment(env, '/start');

function messageOf(env: Record<string, string>): string {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'nothing was wrong';
}

describe('readEnvironment', () => {
  test('has a default for everything', () => {
    expect(read({})).toEqual({
      host: '127.0.0.1',
      port: 8420,
      dataDir: '/start/data',
      databaseUrl: undefined,
      redisUrl: undefined,
      smtpUrl: undefined,
      stripeApiKey: undefined,
      stripeWebhookSecrets: [],
      configFile: undefined,
      preset: 'simosphere',
      adminToken: undefined,
      masterKey: undefined,
      publicUrl: undefined,
      trustedProxies: [],
      logLevel: 'info',
    });
  });

  test('an empty or blank variable counts as unset', () => {
    expect(read({ PORT: '', HOST: ' ', DATA_DIR: '', TURNPIKE_MASTER_KEY: '', LOG_LEVEL: '' })).toEqual(read({}));
  });

  test('reads all of them', () => {
    const key = Buffer.alloc(32, 7);
    const settings = read({
      PORT: '0',
      HOST: '[::]',
      DATA_DIR: '/var/lib/turnpike',
      DATABASE_URL: 'postgres://u:p@db:5432/t',
      REDIS_URL: 'rediss://r:6380',
      TURNPIKE_CONFIG: 'my.yaml',
      TURNPIKE_PRESET: 'spycore',
      STRIPE_API_KEY: 'rk_live_0123456789',
      TURNPIKE_ADMIN_TOKEN: 'admin-token',
      TURNPIKE_MASTER_KEY: key.toString('base64'),
      TURNPIKE_PUBLIC_URL: 'https://api.example.com/',
      TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,fd00::/8 192.0.2.1',
      LOG_LEVEL: 'DEBUG',
    });
    expect(settings).toEqual({
      port: 0,
      host: '::',
      dataDir: '/var/lib/turnpike',
      databaseUrl: 'postgres://u:p@db:5432/t',
      redisUrl: 'rediss://r:6380',
      smtpUrl: undefined,
      stripeApiKey: 'rk_live_0123456789',
      stripeWebhookSecrets: [],
      configFile: 'my.yaml',
      preset: 'spycore',
      adminToken: 'admin-token',
      masterKey: key,
      publicUrl: 'https://api.example.com',
      trustedProxies: ['loopback', '10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
      logLevel: 'debug',
    });
  });

  test.each(['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost', 'api.example.com'])('HOST may be %s', (host) => {
    expect(read({ HOST: host }).host).toBe(host);
  });

  test('a wrong PORT is one line with the key, what was found and what is allowed', () => {
    expect(messageOf({ PORT: 'abc' })).toBe('PORT: found "abc"; allowed: a whole number from 0 to 65535');
  });

  test.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['HOST', 'http://localhost'],
    ['HOST', 'localhost:80'],
    ['HOST', '256.1.1.1'],
    ['HOST', 'a b'],
    ['DATABASE_URL', 'mysql://h/db'],
    ['REDIS_URL', 'redis:6379'],
    ['REDIS_URL', 'localhost:6379'],
    ['TURNPIKE_ADMIN_TOKEN', 'two words'],
    ['TURNPIKE_MASTER_KEY', 'short'],
    ['TURNPIKE_MASTER_KEY', 'a'.repeat(63)],
    ['TURNPIKE_PUBLIC_URL', 'api.example.com'],
    ['TURNPIKE_PUBLIC_URL', 'https://a.example/api'],
    ['TURNPIKE_PUBLIC_URL', 'ftp://a.example'],
    ['TRUSTED_PROXIES', 'true'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.1/8/8'],
    ['LOG_LEVEL', 'loud'],
    ['STRIPE_API_KEY', 'pk_live_0123456789'],
    ['STRIPE_API_KEY', 'sk_live_ 0123456789'],
  ])('refuses %s=%s', (name, value) => {
    expect(messageOf({ [name]: value })).toMatch(new RegExp(`^${name}: found .+; allowed: [^\\n]+$`));
  });

  test('says how many more are wrong, still on one line', () => {
    expect(messageOf({ PORT: 'a\nb', LOG_LEVEL: 'loud', HOST: '?' })).toBe(
      'PORT: found "a\\nb"; allowed: a whole number from 0 to 65535 (and 2 more)',
    );
  });

  test.each([
    ['DATABASE_URL', 'mysql://user:sekret@host/db'],
    ['DATABASE_URL', 'user:sekret@host/db'],
    ['DATABASE_URL', 'mysql://host/db?password=sekret'],
    ['REDIS_URL', 'http://:sekret@host'],
    ['TURNPIKE_ADMIN_TOKEN', 'sekret sekret'],
    ['TURNPIKE_MASTER_KEY', 'sekret'],
    ['STRIPE_API_KEY', 'pk_live_sekret_0123'],
    ['TURNPIKE_PUBLIC_URL', 'https://user:sekret@host'],
  ])('never shows the secret in %s=%s', (name, value) => {
    expect(messageOf({ [name]: value })).not.toContain('sekret');
  });
});

test('the local origin can be opened in a browser whatever the server listens on', () => {
  expect(localOrigin('0.0.0.0', 80)).toBe('http://127.0.0.1:80');
  expect(localOrigin('::', 80)).toBe('http://[::1]:80');
  expect(localOrigin('localhost', 8420)).toBe('http://localhost:8420');
});
