import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Database, Executor } from '../postgres/database.ts';
import type { FaqFile } from './faq-file.ts';
import type { Language } from './language.ts';

interface Entry {
  readonly id: string;
  readonly language: Language;
  readonly page: string | null;
  readonly questions: readonly [string, ...string[]];
  readonly answer: string;
}

/** Raised when entries are to be indexed in another way. */
const indexVersion = '1';
/** Any number fixed for this purpose: processes that start together index one after the other. */
const advisoryLock = 8_420_004;

function entriesOf(file: FaqFile): Entry[] {
  return file.flatMap(({ id, page, ...texts }) =>
    (['en', 'de'] as const).flatMap((language) => {
      const text = texts[language];
      if (text === undefined) return [];
      return [{ id, language, page, questions: [text.question, ...text.also] as const, answer: text.answer }];
    }),
  );
}

async function insert(
  executor: Executor,
  { id, language, page, questions, answer }: Entry,
  hash: string,
): Promise<void> {
  await executor.execute(sql`INSERT INTO faq_entries (id, language, question, answer, page, content_hash)
    VALUES (${id}, ${language}, ${questions[0]}, ${answer}, ${page}, ${hash})`);
  const wordings = [
    ...questions.map((wording) => ({ kind: 'question', wording })),
    { kind: 'answer', wording: answer },
  ];
  for (const { kind, wording } of wordings)
    await executor.execute(sql`INSERT INTO faq_wordings (entry_id, language, kind, wording)
      VALUES (${id}, ${language}, ${kind}, ${wording})`);
}

/** A word is worth more the fewer entries have it. */
const weighWords = sql`INSERT INTO faq_words (language, lexeme, weight)
  SELECT language, lexeme, ln(1 + total / (0.5 + count(DISTINCT entry_id)))
  FROM (
    SELECT wording.language, wording.entry_id, word.lexeme,
      (SELECT count(*)::real FROM faq_entries AS entry WHERE entry.language = wording.language) AS total
    FROM faq_wordings AS wording, unnest(wording.search) AS word
  ) AS words
  GROUP BY language, lexeme, total`;

/**
 * Brings the stored entries to what the file says; nothing is done when they are the same.
 * @returns how many entries there are, and whether they were written now
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function indexFaq(
  { database }: { readonly database: Database },
  file: FaqFile,
): Promise<{ readonly entries: number; readonly isNew: boolean }> {
  const entries = entriesOf(file);
  const hash = createHash('sha256')
    .update(`${indexVersion}\0${JSON.stringify(entries)}`)
    .digest('hex');
  return database.transaction(async (executor) => {
    await executor.execute(sql`SELECT pg_advisory_xact_lock(${advisoryLock})`);
    const { rows } = await executor.execute<{ count: number; same: number }>(
      sql`SELECT count(*)::integer AS count, (count(*) FILTER (WHERE content_hash = ${hash}))::integer AS same FROM faq_entries`,
    );
    const [known] = rows;
    if (known?.count === entries.length && known.same === entries.length)
      return { entries: entries.length, isNew: false };
    await executor.execute(sql`DELETE FROM faq_entries`);
    await executor.execute(sql`DELETE FROM faq_words`);
    for (const entry of entries) await insert(executor, entry, hash);
    await executor.execute(weighWords);
    return { entries: entries.length, isNew: true };
  });
}
