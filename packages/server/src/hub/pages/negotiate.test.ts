import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAgent, negotiate } from './negotiate.ts';

const browser = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36';
const agent = 'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)';

describe('the form of a page', () => {
  test.each<[string | undefined, string]>([
    [undefined, 'html'],
    ['', 'html'],
    ['*/*', 'html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['text/markdown', 'markdown'],
    ['TEXT/Markdown; charset=utf-8', 'markdown'],
    ['text/markdown, text/html', 'markdown'],
    ['text/markdown, */*', 'markdown'],
    ['text/markdown;q=0.5, text/html', 'html'],
    ['text/html;q=0.5, text/markdown;q=0.9', 'markdown'],
    ['text/markdown;q=0.2, */*;q=0.8', 'html'],
    ['text/html;q=0, */*', 'markdown'],
    ['text/html;q=0, text/markdown;q=0, text/*', 'plain'],
    ['text/plain', 'plain'],
    ['text/plain, */*;q=0.1', 'plain'],
    ['text/*', 'html'],
  ])('for Accept %j is %s', (accept, form) => {
    expect(negotiate(accept, browser)).toBe(form);
  });

  test.each([
    'application/x-nonexistent',
    'image/png, application/json',
    'text/html;q=0',
    '*/*;q=0',
    'text/html;q=nonsense',
  ])('cannot be had for Accept %j', (accept) => {
    expect(negotiate(accept, browser)).toBeUndefined();
    expect(negotiate(accept, agent)).toBeUndefined();
  });

  test('for an agent that accepts anything is Markdown; one that names HTML gets HTML', () => {
    expect(negotiate('*/*', agent)).toBe('markdown');
    expect(negotiate(undefined, agent)).toBe('markdown');
    expect(negotiate('text/html, */*', agent)).toBe('html');
  });

  test('is always one of those that were accepted', () => {
    const types = fc.constantFrom('text/html', 'text/markdown', 'text/plain', 'text/*', '*/*', 'application/json');
    const range = fc.tuple(types, fc.constantFrom('', ';q=0', ';q=0.3', ';q=1.0'));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 5 }), fc.boolean(), (ranges, fromAgent) => {
        const accept = ranges.map(([type, quality]) => type + quality).join(', ');
        const form = negotiate(accept, fromAgent ? agent : browser);
        if (form === undefined) return;
        const type = form === 'plain' ? 'text/plain' : `text/${form}`;
        const covering = [type, 'text/*', '*/*'];
        expect(ranges.some(([given, quality]) => covering.includes(given) && quality !== ';q=0')).toBe(true);
      }),
    );
  });
});

test('agents are told from browsers by their names', () => {
  for (const name of ['GPTBot/1.2', 'ChatGPT-User/1.0', 'Claude-User', 'PerplexityBot/1.0', 'MistralAI-User/1.0'])
    expect(isAgent(`Mozilla/5.0 (compatible; ${name})`), name).toBe(true);
  for (const name of [browser, 'curl/8.5.0', 'Googlebot/2.1', '', undefined]) expect(isAgent(name), name).toBe(false);
});
