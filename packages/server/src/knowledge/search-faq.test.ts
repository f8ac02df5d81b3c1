import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { projectFolder } from '../project-folders.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { readFaq } from './faq-file.ts';
import { indexFaq } from './index-faq.ts';
import { detectLanguage } from './language.ts';
import { searchFaq, sureScore } from './search-faq.ts';

const pairs = z.array(z.tuple([z.string(), z.string()]));
const questionSet = z.object({ en: pairs, de: pairs, unknown: z.array(z.string()) });

describeEachDatabase('the questions people ask', (database) => {
  let questions: z.output<typeof questionSet>;

  beforeAll(async () => {
    await indexFaq({ database: database() }, await readFaq(join(projectFolder, 'presets/simosphere')));
    questions = questionSet.parse(parse(await readFile(join(import.meta.dirname, 'faq-questions.yaml'), 'utf8')));
  });

  test('are at least forty in each language, and indexed once', async () => {
    const file = await readFaq(join(projectFolder, 'presets/simosphere'));
    for (const language of ['en', 'de'] as const)
      expect(file.filter((entry) => entry[language] !== undefined).length).toBeGreaterThanOrEqual(40);
    expect(await indexFaq({ database: database() }, file)).toMatchObject({ isNew: false });
  });

  test.each(['en', 'de'] as const)(
    'in %s are found phrased otherwise: hit@1 ≥ 0.85, hit@3 ≥ 0.95',
    async (language) => {
      const missed: string[] = [];
      let first = 0;
      let third = 0;
      for (const [id, query] of questions[language]) {
        const found = await searchFaq({ database: database() }, { query, language, limit: 3 });
        if (found[0]?.id === id) first += 1;
        else
          missed.push(`${id}: ${query} → ${found.map((match) => `${match.id} ${match.score.toFixed(2)}`).join(', ')}`);
        if (found.some((match) => match.id === id)) third += 1;
      }
      const total = questions[language].length;
      expect(first / total, missed.join('\n')).toBeGreaterThanOrEqual(0.85);
      expect(third / total, missed.join('\n')).toBeGreaterThanOrEqual(0.95);
    },
  );

  test('about something else are not taken for one of them', async () => {
    for (const query of questions.unknown) {
      const [best] = await searchFaq({ database: database() }, { query, language: detectLanguage(query), limit: 1 });
      expect(best?.score ?? 0, `${query} → ${best?.id ?? ''}`).toBeLessThan(sureScore);
    }
  });

  test('may be any text', async () => {
    for (const query of ['', "'; DROP TABLE faq_entries; --", '&|!():*', 'x'.repeat(100_000), '\u0000'])
      expect(Array.isArray(await searchFaq({ database: database() }, { query, language: 'en', limit: 3 }))).toBe(true);
  });
});
