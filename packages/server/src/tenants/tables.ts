import { bigint, boolean, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const tenants = pgTable('tenants', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  plan: text('plan').notNull(),
  contactEmail: text('contact_email'),
  region: text('region'),
  suspended: boolean('suspended').notNull().default(false),
  overage: boolean('overage').notNull().default(false),
  trialEndsAt: timestamp('trial_ends_at', { withTimezone: true }),
  keptBodiesDays: integer('kept_bodies_days'),
  creditTokens: bigint('credit_tokens', { mode: 'number' }).notNull().default(0),
  closedAt: timestamp('closed_at', { withTimezone: true }),
  creditUntil: timestamp('credit_until', { withTimezone: true }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});
