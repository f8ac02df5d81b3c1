import { integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { KeyLimits, KeyMode, Scope } from './key.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  tenantId: text('tenant_id').notNull(),
  name: text('name').notNull(),
  mode: text('mode').$type<KeyMode>().notNull(),
  scopes: text('scopes').array().$type<Scope[]>().notNull(),
  models: text('models').array(),
  expiresAt: instant('expires_at'),
  revokedAt: instant('revoked_at'),
  pinnedVersion: text('pinned_version'),
  cacheSeconds: integer('cache_seconds'),
  limits: jsonb('limits').$type<KeyLimits>(),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

export const apiKeySecrets = pgTable('api_key_secrets', {
  hash: text('hash').primaryKey(),
  keyId: text('key_id').notNull(),
  hint: text('hint').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  expiresAt: instant('expires_at'),
});
