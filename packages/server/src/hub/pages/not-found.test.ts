import { describe, expect, test } from 'vitest';
import { missingForm, missingMarkdown, nearestPages } from './not-found.ts';
import type { PageInfo } from './page.ts';

const page = (path: string, title: string): PageInfo => ({
  ...{ path, title, description: `About ${title}`, section: 'developers' },
  updatedAt: new Date(0),
  markdown: () => Promise.resolve(''),
});
const pages = [page('/', 'Home'), page('/developers/limits', 'Limits and plans'), page('/developers/jobs', 'Jobs')];

describe('where nothing is', () => {
  test.each<[string, string | undefined, string | undefined, string | undefined]>([
    ['/x', 'text/html,*/*;q=0.8', undefined, 'html'],
    ['/x', 'text/markdown', undefined, 'markdown'],
    ['/x', 'text/markdown, text/html', undefined, 'markdown'],
    ['/x', '*/*', 'ClaudeBot/1.0', 'markdown'],
    ['/x', undefined, 'GPTBot/1.2', 'markdown'],
    ['/x', '*/*', 'curl/8', undefined],
    ['/x', 'application/json', 'ClaudeBot/1.0', undefined],
    ['/api/x', 'text/html', undefined, undefined],
    ['/v1/x', 'text/markdown', undefined, undefined],
    ['/admin', 'text/html', undefined, undefined],
    ['/.well-known/x', 'text/html', undefined, undefined],
    ['/apiary', 'text/html', undefined, 'html'],
  ])('%s is told to Accept %j and agent %j as %s', (path, accept, userAgent, form) => {
    expect(missingForm({ method: 'GET', path, accept, userAgent })).toBe(form);
  });

  test('other methods than reading get the JSON error', () => {
    expect(missingForm({ method: 'POST', path: '/x', accept: 'text/html', userAgent: undefined })).toBeUndefined();
  });

  test('pages whose names are alike come first, then the ways in', () => {
    expect(nearestPages('/docs/limit', pages).map(({ path }) => path)).toEqual(['/developers/limits', '/']);
    expect(nearestPages('/nowhere', pages).map(({ path }) => path)).toEqual(['/']);
  });

  test('the address is quoted, whatever it holds', () => {
    const text = missingMarkdown(`/a\`](javascript:x)\n# b${'c'.repeat(500)}`, 'https://example.com', pages);
    expect(text.match(/^# /gm)).toHaveLength(1);
    expect(text.split('`')).toHaveLength(3);
    expect(text.length).toBeLessThan(1_000);
  });
});
