import fc from 'fast-check';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Logger } from '../logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { suggestedQuestions } from './answer.ts';
import { indexKnowledge } from './index-knowledge.ts';
import { productFolders } from './knowledge-folders.ts';
import { searchPassages } from './search.ts';

const nothing = (): void => undefined;
const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const projectFolder = join(import.meta.dirname, '../../../..');

const answerable: readonly (readonly [question: string, source: string])[] = [
  ['How do I rotate a key?', 'docs/guide/authentication.md#rotate-a-key'],
  ['revoke api key', 'docs/guide/authentication.md#revoke-a-key'],
  ['What does RATE_LIMIT_EXCEEDED mean?', 'docs/guide/errors.md#rate_limit_exceeded'],
  ['context_length_exceeded', 'docs/guide/errors.md#context_length_exceeded'],
  ['What does a 429 mean?', 'docs/guide/limits.md#what-a-429-means'],
  ['How do I stream an answer?', 'docs/guide/streaming.md#how-to-stream-an-answer'],
  ['How can I stop a stream?', 'docs/guide/streaming.md#stop-a-stream'],
  ['How do I add Ollama?', 'docs/guide/models.md#how-to-add-ollama'],
  ['add mistral as an upstream', 'docs/guide/models.md#how-to-add-mistral'],
  ['What are test keys?', 'docs/guide/authentication.md#test-keys'],
  ['Which plans are there?', 'docs/guide/limits.md#which-plans-there-are'],
  ['How is the cost computed?', 'docs/guide/usage-and-billing.md#how-the-cost-is-computed'],
  ['How do I make a backup?', 'docs/operations.md#backup-and-restore'],
  ['Which environment variables are there?', 'docs/operations.md#environment-variables'],
  ['prometheus metrics', 'docs/operations.md#metrics'],
  ['what happens when Redis is down', 'docs/operations.md#several-processes-and-redis'],
  ['Wie erneuere ich einen Schlüssel?', 'docs/guide/kurzanleitung.md#schlüssel-erstellen-und-erneuern'],
  ['Welche Limits gibt es?', 'docs/guide/kurzanleitung.md#limits-und-tarife'],
];

const unrelated = [
  'What is the capital of France?',
  'Who won the football world cup in 2022?',
  'How do I bake a chocolate cake?',
  'Write me a poem about autumn leaves',
  'What will the weather be like in Berlin tomorrow?',
  'Hello!',
  'Wie backe ich einen Apfelkuchen?',
  'Wer war der erste Bundeskanzler?',
  'Tell me a joke',
  'translate "good evening" into Japanese',
  'asdf qwer zxcv',
];

describeEachDatabase('the documentation', (database) => {
  const folders = productFolders(projectFolder, 'simosphere');
  const found = async (query: string) =>
    (await searchPassages({ database: database() }, { query, limit: 5 })).map(
      (passage) => `${passage.source}#${passage.anchor}`,
    );
  beforeAll(() => indexKnowledge({ database: database(), folders, logger }));

  test.each(answerable)('%s → %s', async (question, source) => {
    expect((await found(question)).slice(0, 2)).toContain(source);
  });

  test.each(unrelated)('nothing for: %s', async (question) => {
    expect(await found(question)).toEqual([]);
  });

  test('the questions that the model proposes have answers', async () => {
    for (const question of [...suggestedQuestions('en'), ...suggestedQuestions('de')])
      expect([question, (await found(question)).length > 0]).toEqual([question, true]);
  });

  test('no input is an error', async () => {
    for (const query of [
      '',
      ' ',
      "'",
      '\\',
      '\0',
      '\ud800',
      "a' | 'b",
      'a & | ! b:* <-> (',
      ':*',
      '"',
      '!!',
      'x'.repeat(100_000),
      "it's o'clock\\",
      '👋🏽',
      '%_',
      '$1 ${2}',
    ])
      await found(query);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (query) => {
        await found(query);
      }),
      { numRuns: 50 },
    );
  });
});

describeEachDatabase('the index of documents', (database) => {
  let folder = '';
  const index = () => indexKnowledge({ database: database(), folders: [{ path: folder, source: 'docs/' }], logger });
  const titles = async (query: string) =>
    (await searchPassages({ database: database() }, { query, limit: 5 })).map((passage) => passage.title);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'turnpike-knowledge-'));
    await mkdir(join(folder, 'decisions'));
    await writeFile(join(folder, 'decisions', 'deep.md'), '# Deep\n\nHidden submarine.\n');
    await writeFile(join(folder, 'a.md'), '# Apples\n\nApples are harvested in autumn.\n\n## Pears\n\nPears too.\n');
    await writeFile(
      join(folder, 'b.md'),
      '# Birnen\n\nDie Birnen werden im Herbst geerntet, und das ist auch gut so.\n',
    );
    await writeFile(join(folder, 'empty.md'), '');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('takes the files of the folder, each in its language', async () => {
    expect(await index()).toEqual({ files: 3, indexed: ['docs/a.md', 'docs/b.md'], removed: 0 });
    expect(await titles('harvesting an apple')).toEqual(['Apples']);
    expect(await titles('Wann wird die Birne geerntet?')).toEqual(['Birnen']);
    expect(await titles('submarine')).toEqual([]);
  });

  test('writes changed files only', async () => {
    expect((await index()).indexed).toEqual([]);
    await writeFile(join(folder, 'a.md'), '# Cherries\n\nCherries are harvested in summer.\n');
    expect((await index()).indexed).toEqual(['docs/a.md']);
    expect(await titles('apples')).toEqual([]);
    expect(await titles('cherry')).toEqual(['Cherries']);
  });

  test('processes that index at the same time write a file once', async () => {
    await writeFile(join(folder, 'a.md'), '# Plums\n\nPlums are blue.\n');
    const results = await Promise.all([index(), index(), index()]);
    expect(results.flatMap((result) => result.indexed)).toEqual(['docs/a.md']);
    expect(await titles('plums')).toEqual(['Plums']);
  });

  test('forgets files that are gone', async () => {
    await rm(join(folder, 'b.md'));
    expect((await index()).removed).toBe(1);
    expect(await titles('Birnen')).toEqual([]);
  });
});

describe('what is indexed of the product', () => {
  test('is the documentation for users and what the preset adds', () => {
    expect(productFolders('/project', 'spycore').map(({ source }) => source)).toEqual([
      'README.md',
      'docs/',
      'docs/guide/',
      'presets/spycore/content/pages/',
    ]);
  });
});
