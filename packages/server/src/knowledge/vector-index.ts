import { sql } from 'drizzle-orm';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import type { Language } from './language.ts';
import type { Passage } from './passage.ts';

/** Turns texts into vectors, one for each, all of one length. @throws AppError */
export type Embed = (texts: readonly string[], signal: AbortSignal) => Promise<readonly (readonly number[])[]>;

export interface Embedder {
  /** Public name of the model: vectors of another are of no use. */
  readonly model: string;
  readonly embed: Embed;
}

interface Options {
  readonly database: Database;
  readonly logger: Logger;
  readonly embedder: Embedder;
}

const textsAtOnce = 32;
const longestText = 6_000;
const patienceMs = 10_000;
/** Processes that start together write the index one after the other. */
const advisoryLock = 8_420_004;

interface Missing extends Record<string, unknown> {
  readonly source: string;
  readonly position: number;
  readonly content_hash: string;
  readonly title: string;
  readonly heading_path: string;
  readonly body: string;
}

interface Found extends Record<string, unknown> {
  source: string;
  anchor: string;
  title: string;
  headingPath: string;
  body: string;
  language: Language;
  score: number;
}

function literal(vector: readonly number[]): string {
  return `[${vector.join(',')}]`;
}

/**
 * Passages by meaning, in PostgreSQL with the extension pgvector (github.com/pgvector/pgvector). Where the database has no
 * such extension there is no index, and search goes by words alone.
 */
export class VectorIndex {
  readonly #options: Options;
  #isReady: Promise<boolean> | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Makes vectors of the passages that have none yet, and drops those of passages that are gone.
   * @returns how many were made
   * @throws AppError what embedding throws: what was made so far is kept
   */
  async update(signal: AbortSignal): Promise<number> {
    if (!(await this.#ready())) return 0;
    const { embedder } = this.#options;
    await this.#run(sql`DELETE FROM knowledge_vectors AS v WHERE v.model <> ${embedder.model} OR NOT EXISTS (
      SELECT 1 FROM knowledge_passages AS p
      WHERE p.source = v.source AND p.position = v.position AND p.content_hash = v.content_hash)`);
    let made = 0;
    for (;;) {
      const missing = (await this.#run(sql`SELECT p.source, p.position, p.content_hash, p.title, p.heading_path, p.body
        FROM knowledge_passages AS p LEFT JOIN knowledge_vectors AS v
          ON v.source = p.source AND v.position = p.position AND v.content_hash = p.content_hash
        WHERE v.source IS NULL ORDER BY p.source, p.position LIMIT ${textsAtOnce}`)) as Missing[];
      if (missing.length === 0) return made;
      const texts = missing.map(({ heading_path: path, title, body }) =>
        [path, title, body]
          .filter((part) => part !== '')
          .join('\n')
          .slice(0, longestText),
      );
      await this.#write(missing, await embedder.embed(texts, signal));
      made += missing.length;
    }
  }

  /** The passages nearest in meaning; `score` is the cosine of the angle. None where there is no index or no vector. */
  async search(query: string, limit: number, leastLikeness: number): Promise<Passage[]> {
    if (!(await this.#ready())) return [];
    const { embedder } = this.#options;
    const [vector] = await embedder.embed([query.slice(0, longestText)], AbortSignal.timeout(patienceMs));
    if (vector === undefined) return [];
    const rows = await this
      .#run(sql`SELECT p.source, p.anchor, p.title, p.heading_path AS "headingPath", p.body, p.language,
        1 - (v.embedding <=> ${literal(vector)}::vector) AS score
      FROM knowledge_vectors AS v JOIN knowledge_passages AS p
        ON p.source = v.source AND p.position = v.position AND p.content_hash = v.content_hash
      WHERE v.model = ${embedder.model} AND v.size = ${vector.length}
        AND 1 - (v.embedding <=> ${literal(vector)}::vector) >= ${leastLikeness}
      ORDER BY v.embedding <=> ${literal(vector)}::vector LIMIT ${limit}`);
    return rows as Found[];
  }

  async #write(passages: readonly Missing[], vectors: readonly (readonly number[])[]): Promise<void> {
    const { database, embedder } = this.#options;
    await database.transaction(async (executor) => {
      for (const [index, { source, position, content_hash: hash }] of passages.entries()) {
        const vector = vectors[index];
        if (vector === undefined) continue;
        await executor.execute(sql`INSERT INTO knowledge_vectors (source, position, content_hash, model, size, embedding)
          VALUES (${source}, ${position}, ${hash}, ${embedder.model}, ${vector.length}, ${literal(vector)}::vector)
          ON CONFLICT (source, position) DO UPDATE SET content_hash = EXCLUDED.content_hash, model = EXCLUDED.model,
            size = EXCLUDED.size, embedding = EXCLUDED.embedding`);
      }
    });
  }

  async #run(statement: ReturnType<typeof sql>): Promise<Record<string, unknown>[]> {
    const { rows } = await this.#options.database.query((executor) => executor.execute(statement));
    return rows;
  }

  #ready(): Promise<boolean> {
    this.#isReady ??= this.#prepare().catch((error: unknown) => {
      const reason = errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
      this.#options.logger.warn({ reason }, 'no extension pgvector in this database: search goes by words alone');
      return false;
    });
    return this.#isReady;
  }

  /** Not a migration: most databases have no such extension, and most configurations no use for it. */
  async #prepare(): Promise<boolean> {
    await this.#options.database.transaction(async (executor) => {
      await executor.execute(sql`SELECT pg_advisory_xact_lock(${advisoryLock})`);
      await executor.execute(sql`CREATE EXTENSION IF NOT EXISTS vector`);
      await executor.execute(sql`CREATE TABLE IF NOT EXISTS knowledge_vectors (
        source text NOT NULL, position integer NOT NULL, content_hash text NOT NULL, model text NOT NULL,
        size integer NOT NULL, embedding vector NOT NULL, PRIMARY KEY (source, position))`);
    });
    return true;
  }
}
