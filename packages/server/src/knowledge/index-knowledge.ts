import { eq, notInArray, sql } from 'drizzle-orm';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database, Executor } from '../postgres/database.ts';
import { listKnowledgeFiles, type KnowledgeFile, type KnowledgeFolder } from './knowledge-folders.ts';
import { detectLanguage } from './language.ts';
import { splitMarkdown } from './split-markdown.ts';
import { knowledgePassages } from './tables.ts';

export interface IndexOptions {
  readonly database: Database;
  readonly folders: readonly KnowledgeFolder[];
  readonly logger: Logger;
  /** Told after each document. @throws to give up */
  readonly onProgress?: (done: number, total: number) => Promise<void>;
}

export interface IndexResult {
  readonly files: number;
  /** Sources that were written now. */
  readonly indexed: readonly string[];
  /** Passages dropped because their files are gone. */
  readonly removed: number;
}

interface Document {
  readonly source: string;
  readonly hash: string;
  readonly text: string;
}

/** Raised when documents are to be split in another way, so that unchanged files are indexed again. */
const splitterVersion = '2';
/** Any number fixed for this purpose: processes that start together index one after the other. */
const advisoryLock = 8_420_003;
const largestFileCharacters = 1_000_000;
/** PostgreSQL text takes no NUL. */
const nul = /\0/g;
/** Says something about a page and is none of its text. */
const frontMatter = /^---\n[\s\S]*?\n---\n/;

async function readDocument(file: KnowledgeFile, logger: Logger): Promise<Document | undefined> {
  try {
    const text = (await readFile(file.path, 'utf8')).replace(nul, '').replace(frontMatter, '');
    if (text.length <= largestFileCharacters)
      return {
        source: file.source,
        text,
        hash: createHash('sha256').update(`${splitterVersion}\0${text}`).digest('hex'),
      };
    logger.warn({ source: file.source, characters: text.length }, 'a document is too large to be indexed');
  } catch (error) {
    logger.warn({ source: file.source, reason: errorMessage(error) }, 'a document cannot be read');
  }
  return undefined;
}

async function lock(executor: Executor): Promise<void> {
  await executor.execute(sql`SELECT pg_advisory_xact_lock(${advisoryLock})`);
}

async function storedHash(executor: Executor, source: string): Promise<string | undefined> {
  const [row] = await executor
    .select({ hash: knowledgePassages.contentHash })
    .from(knowledgePassages)
    .where(eq(knowledgePassages.source, source))
    .limit(1);
  return row?.hash;
}

function rowsOf({ source, hash, text }: Document): (typeof knowledgePassages.$inferInsert)[] {
  const language = detectLanguage(text);
  return splitMarkdown(text).map((section, position) => ({
    source,
    position,
    ...section,
    language,
    contentHash: hash,
  }));
}

/** Puts one document in the place of its former self. false: another process was faster. */
async function replaceDocument(database: Database, document: Document): Promise<boolean> {
  const rows = rowsOf(document);
  return database.transaction(async (executor) => {
    await lock(executor);
    if ((await storedHash(executor, document.source)) === document.hash) return false;
    await executor.delete(knowledgePassages).where(eq(knowledgePassages.source, document.source));
    if (rows.length > 0) await executor.insert(knowledgePassages).values(rows);
    return rows.length > 0;
  });
}

async function removeMissing(database: Database, sources: readonly string[]): Promise<number> {
  return database.transaction(async (executor) => {
    await lock(executor);
    const gone = sources.length === 0 ? undefined : notInArray(knowledgePassages.source, [...sources]);
    return (await executor.delete(knowledgePassages).where(gone).returning({ source: knowledgePassages.source }))
      .length;
  });
}

/**
 * Brings the index to what the files say now; unchanged files are not touched. A transaction a file, so that nobody
 * waits long for the one connection of the embedded database. Meant to run beside the start.
 * @throws AppError DATABASE_UNAVAILABLE; a file that cannot be read is logged and taken for missing
 */
export async function indexKnowledge({ database, folders, logger, onProgress }: IndexOptions): Promise<IndexResult> {
  const files = await listKnowledgeFiles(folders);
  const documents = (await Promise.all(files.map((file) => readDocument(file, logger)))).filter(
    (document) => document !== undefined,
  );
  const columns = { source: knowledgePassages.source, hash: knowledgePassages.contentHash };
  const stored = await database.query((executor) =>
    executor.select(columns).from(knowledgePassages).groupBy(columns.source, columns.hash),
  );
  const known = new Map(stored.map((row) => [row.source, row.hash]));
  const indexed: string[] = [];
  for (const [index, document] of documents.entries()) {
    await onProgress?.(index, documents.length);
    if (known.get(document.source) !== document.hash && (await replaceDocument(database, document)))
      indexed.push(document.source);
  }
  const sources = documents.map((document) => document.source);
  const removed = [...known.keys()].some((source) => !sources.includes(source))
    ? await removeMissing(database, sources)
    : 0;
  if (indexed.length > 0 || removed > 0)
    logger.info({ indexed: indexed.length, removed, documents: documents.length }, 'documentation indexed');
  return { files: documents.length, indexed, removed };
}
