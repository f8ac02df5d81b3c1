import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../postgres/database.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { fusePassages } from './fuse-passages.ts';
import type { Passage } from './passage.ts';
import { knowledgePassages } from './tables.ts';
import { VectorIndex } from './vector-index.ts';

const topics = ['bread', 'money', 'trains'];
const words: Readonly<Record<string, string>> = {
  loaf: 'bread',
  oven: 'bread',
  coin: 'money',
  price: 'money',
  rail: 'trains',
};

/** A model that knows three topics. */
function vectorOf(text: string): number[] {
  const found = topics.map((topic) => (text.includes(topic) ? 1 : 0));
  for (const [word, topic] of Object.entries(words)) if (text.includes(word)) found[topics.indexOf(topic)] = 1;
  return found.map((value) => value + 0.01);
}

describeEachDatabase('the index by meaning', (database) => {
  let asked: string[] = [];
  const signal = new AbortController().signal;
  const open = (model = 'topics') => {
    const logger = createRecordingLogger();
    const embed = (texts: readonly string[]) => {
      asked.push(...texts);
      return Promise.resolve(texts.map(vectorOf));
    };
    return { logger, index: new VectorIndex({ database: database(), logger, embedder: { model, embed } }) };
  };
  const write = (source: string, body: string, contentHash = body) =>
    database().query((executor) =>
      executor.insert(knowledgePassages).values({
        ...{ source, position: 0, anchor: 'a', title: source, headingPath: '', body, language: 'en', contentHash },
      }),
    );
  const hasExtension = async (from: Database) => {
    const { rows } = await from.query((executor) =>
      executor.execute(sql`SELECT 1 FROM pg_available_extensions WHERE name = 'vector'`),
    );
    return rows.length > 0;
  };

  beforeEach(async () => {
    asked = [];
    await database().query((executor) => executor.execute(sql`DELETE FROM knowledge_passages`));
  });

  test('finds what is said in other words, where the database has pgvector; else says so and finds nothing', async () => {
    await write('bakery.md', 'how bread is made');
    await write('bank.md', 'where money is kept');
    const { index, logger } = open();
    const made = await index.update(signal);
    const found = await index.search('what does a loaf need', 5, 0.5);
    if (await hasExtension(database())) {
      expect(made).toBe(2);
      expect(found.map(({ source }) => source)).toEqual(['bakery.md']);
      expect(found[0]?.score).toBeGreaterThan(0.9);
    } else {
      expect([made, found]).toEqual([0, []]);
      expect(JSON.stringify(logger.lines)).toContain('pgvector');
    }
  });

  test('asks the model for what is new only, and forgets what is gone or was made by another model', async () => {
    if (!(await hasExtension(database()))) return;
    await write('bakery.md', 'how bread is made');
    await open().index.update(signal);
    asked = [];
    expect(await open().index.update(signal)).toBe(0);
    expect(asked).toEqual([]);
    await write('bank.md', 'where money is kept');
    expect(await open().index.update(signal)).toBe(1);
    expect(await open('another').index.update(signal)).toBe(2);
    await database().query((executor) => executor.execute(sql`DELETE FROM knowledge_passages`));
    const { index } = open('another');
    await index.update(signal);
    expect(await index.search('coin', 5, 0)).toEqual([]);
  });
});

describe('merged lists', () => {
  const passage = (source: string): Passage => ({
    ...{ source, anchor: '', title: source, headingPath: '', body: '', language: 'en', score: 0 },
  });
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(passage) as [Passage, Passage, Passage, Passage];

  test('have first what several have near their top', () => {
    const fused = fusePassages(
      [
        [a, b, c],
        [b, d],
      ],
      3,
    );
    expect(fused.map(({ source }) => source)).toEqual(['b', 'a', 'd']);
  });

  test('are a list as it was where there is one only', () => {
    expect(fusePassages([[c, a], []], 5).map(({ source }) => source)).toEqual(['c', 'a']);
  });
});
