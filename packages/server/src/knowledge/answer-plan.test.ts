import { describe, expect, test } from 'vitest';
import { planAnswer, type AnswerSources } from './answer-plan.ts';
import type { Passage } from './passage.ts';
import type { FaqMatch } from './search-faq.ts';

const entry = (id: string, score: number): FaqMatch => ({
  id,
  language: 'en',
  question: `Question ${id}?`,
  answer: `Answer ${id}.`,
  page: 'limits.md',
  score,
});
const passage: Passage = {
  source: 'docs/guide/limits.md',
  anchor: 'plans',
  title: 'Plans',
  headingPath: 'Limits',
  body: 'There are five plans.',
  language: 'en',
  score: 0.8,
};
const sources = (frequent: FaqMatch[], passages: Passage[]): AnswerSources => ({
  searchFaq: () => Promise.resolve(frequent),
  searchPassages: () => Promise.resolve(passages),
});

describe('a question', () => {
  test('that is surely asked often gets the written answer, with the next ones to go on', async () => {
    const plan = await planAnswer(sources([entry('a', 0.9), entry('b', 0.4)], [passage]), 'which plans', {
      model: 'm',
    });
    expect(plan).toMatchObject({ source: 'faq:a', text: 'Answer a.', followUp: ['Question b?'] });
    expect(plan.references).toMatchObject([{ source: 'docs/guide/limits.md' }]);
  });

  test('else goes to a model with what was found, where there is one', async () => {
    const plan = await planAnswer(sources([entry('a', 0.2)], [passage]), 'which plans', { model: 'mistral' });
    expect(plan.text).toBeUndefined();
    expect(plan).toMatchObject({
      source: 'llm:mistral',
      references: [{ source: 'docs/guide/limits.md#plans', score: 1 }],
    });
  });

  test('else is answered by what was found alone', async () => {
    const plan = await planAnswer(sources([], [passage]), 'which plans');
    expect(plan.source).toBe('demo');
    expect(plan.text).toContain('There are five plans.');
  });

  test('about nothing that is known here is told so, in its language, whatever model there is', async () => {
    const plan = await planAnswer(sources([], []), 'Wer hat die Weltmeisterschaft gewonnen?', { model: 'mistral' });
    expect(plan).toMatchObject({ language: 'de', source: 'demo', references: [] });
    expect(plan.text).toContain('nichts gefunden');
    expect(plan.followUp.length).toBeGreaterThan(0);
  });

  test('may say in which language it wants its answer', async () => {
    expect((await planAnswer(sources([], []), 'pricing', { lang: 'de' })).text).toContain('nichts gefunden');
  });
});
