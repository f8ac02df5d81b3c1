import { sql, type SQL } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';
import type { Language } from './language.ts';
import { searchWords } from './search-terms.ts';

/** An entry that a question may be about. */
export interface FaqMatch {
  readonly id: string;
  readonly language: Language;
  readonly question: string;
  readonly answer: string;
  /** Page of the documentation to read on; null: none. */
  readonly page: string | null;
  /** 0 to 1: how much of the question and of the entry's wording are the same. */
  readonly score: number;
}

/** From here on an entry is taken for the answer. */
export const sureScore = 0.5;

/** A word that no entry has stands for the one most like it, from this likeness on: a typo, or another form. */
const leastLikeness = 0.4;

/** The words asked for as the vocabulary has them, and how much each matters. */
function knownWords(language: Language, words: string): SQL {
  const configuration = language === 'de' ? sql`'german'::regconfig` : sql`'english'::regconfig`;
  return sql`asked AS (
        SELECT lexeme FROM unnest(to_tsvector(${configuration}, ${words}))
      ),
      known AS (
        SELECT asked.lexeme AS asked, best.lexeme, best.weight, coalesce(best.likeness, 0) AS likeness,
          coalesce(best.weight, (SELECT max(weight) FROM faq_words WHERE language = ${language}) * 0.6, 1) AS importance
        FROM asked LEFT JOIN LATERAL (
          SELECT word.lexeme, word.weight,
            CASE WHEN word.lexeme = asked.lexeme THEN 1 ELSE similarity(word.lexeme, asked.lexeme) * 0.9 END AS likeness
          FROM faq_words AS word
          WHERE word.language = ${language}
            AND (word.lexeme = asked.lexeme OR similarity(word.lexeme, asked.lexeme) >= ${leastLikeness})
          ORDER BY likeness DESC, word.weight LIMIT 1
        ) AS best ON true
      ),
      total AS (SELECT sum(importance) AS importance FROM known)`;
}

/** How well each wording fits, and how much of the question each entry says with all its wordings. */
function fittingEntries(language: Language): SQL {
  return sql`numbered AS (
        SELECT wording.entry_id, wording.kind, wording.ctid AS place, word.lexeme, weighed.weight
        FROM faq_wordings AS wording
          CROSS JOIN LATERAL unnest(wording.search) AS word
          JOIN faq_words AS weighed ON weighed.language = wording.language AND weighed.lexeme = word.lexeme
        WHERE wording.language = ${language}
      ),
      fits AS (
        SELECT numbered.entry_id, numbered.kind,
          coalesce(sum(known.weight * known.likeness), 0) / (SELECT importance FROM total) AS recall,
          coalesce(sum(numbered.weight * known.likeness), 0) / sum(numbered.weight) AS precision
        FROM numbered LEFT JOIN known ON known.lexeme = numbered.lexeme
        GROUP BY numbered.entry_id, numbered.kind, numbered.place
      ),
      asked_alike AS (
        SELECT entry_id, max(0.6 * recall + 0.4 * precision) AS fit FROM fits WHERE kind = 'question' AND recall > 0 GROUP BY entry_id
      ),
      covered AS (
        SELECT entry_id, sum(worth) / (SELECT importance FROM total) AS part
        FROM (
          SELECT numbered.entry_id, known.asked,
            max(known.weight * known.likeness * CASE numbered.kind WHEN 'question' THEN 1 ELSE 0.55 END) AS worth
          FROM numbered JOIN known ON known.lexeme = numbered.lexeme
          GROUP BY numbered.entry_id, known.asked
        ) AS words
        GROUP BY entry_id
      )`;
}

/**
 * Finds the entries that a question is most likely about, best first, whatever it says of them. Each word of the question
 * is looked up in the entries' vocabulary, by its stem or by its trigrams; a wording fits the better the more of the
 * question it says (recall) and the less it says beside that (precision), words weighed by how rare they are.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function searchFaq(
  { database }: { readonly database: Database },
  { query, language, limit }: { readonly query: string; readonly language: Language; readonly limit: number },
): Promise<FaqMatch[]> {
  const words = searchWords(query).join(' ');
  if (words === '') return [];
  const { rows } = await database.query((executor) =>
    executor.execute<FaqMatch & Record<string, unknown>>(sql`
      WITH ${knownWords(language, words)},
      ${fittingEntries(language)}
      SELECT entry.id, entry.language, entry.question, entry.answer, entry.page,
        0.4 * coalesce(asked_alike.fit, 0) + 0.6 * covered.part AS score
      FROM covered LEFT JOIN asked_alike USING (entry_id)
        JOIN faq_entries AS entry ON entry.id = covered.entry_id AND entry.language = ${language}
      ORDER BY score DESC, entry.id
      LIMIT ${limit}`),
  );
  return rows;
}
