import { integer, pgTable, text } from 'drizzle-orm/pg-core';

/** Without the columns that PostgreSQL fills. */
export const knowledgePassages = pgTable('knowledge_passages', {
  source: text('source').notNull(),
  position: integer('position').notNull(),
  anchor: text('anchor').notNull(),
  title: text('title').notNull(),
  headingPath: text('heading_path').notNull(),
  body: text('body').notNull(),
  language: text('language').notNull(),
  contentHash: text('content_hash').notNull(),
});
