import { describe, expect, test } from 'vitest';
import { versionDeclarations } from '../versions/declarations.ts';
import { createVersionRegistry } from '../versions/version-registry.ts';
import { renderChangelog, renderVersioning } from './version-pages.ts';

const registry = createVersionRegistry(versionDeclarations);

describe('the changelog', () => {
  test('has every version, newest first, with every change declared for it', () => {
    const page = renderChangelog(registry);
    const versions = [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(versions).toEqual(['2026-11-02-preview', '2026-05-18', '2026-01-15']);
    for (const { title, description } of versionDeclarations.flatMap(({ changes }) => [...changes])) {
      expect(page).toContain(`### ${title}`);
      expect(page).toContain(description);
    }
  });
});

describe('the page about versions', () => {
  const rowOf = (version: string, nowMs: number) =>
    renderVersioning(registry, nowMs)
      .split('\n')
      .find((line) => line.startsWith(`| ${version} `));

  test.each([
    [Date.UTC(2026, 4, 18) - 1, 'supported'],
    [Date.UTC(2026, 4, 18), 'deprecated'],
    [Date.UTC(2027, 3, 18), 'deprecated, in its last month'],
    [Date.UTC(2027, 4, 18), 'retired'],
  ])('at %i says that the old version is %s', (nowMs, words) => {
    expect(rowOf('2026-01-15', nowMs)).toBe(`| 2026-01-15 | ${words} | 2026-05-18 | 2027-05-18 |`);
  });

  test('names the current one and the preview', () => {
    expect(rowOf('2026-05-18', 0)).toContain('| current |');
    expect(rowOf('2026-11-02-preview', 0)).toContain('| preview |');
  });

  test('tells for each version how to move on to the newest', () => {
    const page = renderVersioning(registry, 0);
    const guide = page.slice(page.indexOf('## Moving on from 2026-01-15'));
    for (const { migration } of registry.find('2026-01-15')?.changesSince ?? []) expect(guide).toContain(migration);
    expect(page).not.toContain('## Moving on from 2026-11-02-preview');
  });
});
