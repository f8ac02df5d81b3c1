import { sql } from 'drizzle-orm';
import type { Database } from '../postgres/database.ts';
import type { Language } from './language.ts';
import type { Passage } from './passage.ts';
import { searchWords } from './search-terms.ts';

export interface SearchInput {
  readonly query: string;
  readonly limit: number;
}

/**
 * A passage must contain so much of what the question asks, each word weighed by how rare it is: a word that no
 * passage has weighs most. Below, the question is about something else.
 */
const leastCoverage = 0.42;

interface Row extends Record<string, unknown> {
  source: string;
  anchor: string;
  title: string;
  headingPath: string;
  body: string;
  language: Language;
  score: number;
}

/**
 * Finds the passages that a question is about, best first; none when it is about something else. Takes any text.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function searchPassages(
  { database }: { readonly database: Database },
  { query, limit }: SearchInput,
): Promise<Passage[]> {
  const words = searchWords(query).join(' ');
  if (words === '') return [];
  const { rows } = await database.query((executor) => executor.execute<Row>(searchStatement(words, limit)));
  return rows;
}

/**
 * The question is looked up in both languages, each against the passages of that language. Its words are lexemes that
 * PostgreSQL made, quoted again for tsquery, so no input is a syntax error.
 */
function searchStatement(words: string, limit: number) {
  return sql`
    WITH terms AS (
      SELECT configuration.language,
        ('''' || replace(replace(found.lexeme, '\\', '\\\\'), '''', '''''') || '''')::tsquery AS query
      FROM (VALUES ('en', 'english'::regconfig), ('de', 'german'::regconfig)) AS configuration (language, name),
        unnest(to_tsvector(configuration.name, ${words})) AS found
    ),
    sizes AS (
      SELECT language, count(*) AS passages FROM knowledge_passages GROUP BY language
    ),
    weighed AS (
      SELECT terms.language, terms.query,
        ln(1 + sizes.passages / (0.5 + (SELECT count(*) FROM knowledge_passages AS passage WHERE passage.language = terms.language AND passage.search @@ terms.query))) AS weight
      FROM terms JOIN sizes USING (language)
    ),
    questions AS (
      SELECT language, sum(weight) AS weight, string_agg(query::text, ' | ')::tsquery AS query FROM weighed GROUP BY language
    ),
    matches AS (
      SELECT passage.id,
        sum(weighed.weight) AS weight,
        coalesce(sum(weighed.weight) FILTER (WHERE ts_filter(passage.search, '{a}') @@ weighed.query), 0) AS title_weight,
        coalesce(sum(weighed.weight) FILTER (WHERE ts_filter(passage.search, '{a,b}') @@ weighed.query), 0) AS path_weight
      FROM weighed JOIN knowledge_passages AS passage ON passage.language = weighed.language AND passage.search @@ weighed.query
      GROUP BY passage.id
    )
    SELECT passage.source, passage.anchor, passage.title, passage.heading_path AS "headingPath", passage.body, passage.language,
      (matches.weight + 0.4 * matches.title_weight + 0.2 * matches.path_weight) / questions.weight
        + 0.3 * ts_rank_cd('{0.1, 0.2, 0.6, 1.0}', passage.search, questions.query, 1 | 32) AS score
    FROM matches
      JOIN knowledge_passages AS passage ON passage.id = matches.id
      JOIN questions ON questions.language = passage.language
    WHERE matches.weight / questions.weight >= ${leastCoverage}
    ORDER BY score DESC, passage.source, passage.position
    LIMIT ${limit}`;
}
