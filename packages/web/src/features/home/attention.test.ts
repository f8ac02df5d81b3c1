import { expect, test } from 'vitest';
import type { Schema } from '../../api/client.ts';
import { concernsOf } from './attention.ts';

type ApiKey = Schema<'ApiKey'>;

const now = Date.parse('2026-05-04T12:00:00Z');
const inDays = (days: number) => new Date(now + days * 86_400_000).toISOString();
const key = (name: string, change: Partial<ApiKey> = {}): ApiKey => ({
  ...{
    id: name,
    tenant_id: 't',
    name,
    mode: 'live',
    scopes: ['chat'],
    models: null,
    hint: 'sk_…',
    cache_seconds: null,
  },
  ...{ pinned_version: null, expires_at: null, revoked_at: null, created_at: inDays(-9) },
  ...{ limits: null, last_used_at: null, last_used_address: null },
  ...change,
});
const versions = [
  { name: '2026-01-15', phase: 'deprecated' },
  { name: '2026-05-01', phase: 'supported' },
];

test('keys that end within two weeks come first, the soonest at the top; then those of a deprecated version', () => {
  const concerns = concernsOf(
    [
      key('old', { pinned_version: '2026-01-15' }),
      key('ten', { expires_at: inDays(10) }),
      key('two', { expires_at: inDays(2) }),
    ],
    versions,
    now,
  );
  expect(concerns.map((concern) => concern.key.name)).toEqual(['two', 'ten', 'old']);
});

test('what is over, far away or up to date concerns nobody', () => {
  const keys = [
    key('never', { pinned_version: '2026-05-01' }),
    key('far', { expires_at: inDays(20) }),
    key('expired', { expires_at: inDays(-1) }),
    key('revoked', { expires_at: inDays(1), revoked_at: inDays(-1) }),
  ];
  expect(concernsOf(keys, versions, now)).toEqual([]);
});
