import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstSentences, plainText, rewriteLinks } from './markdown-links.ts';

const marked = (href: string) => `<${href}>`;

describe('links of a Markdown text', () => {
  test.each([
    ['[a](b.md)', '[a](<b.md>)'],
    ['[`CODE`](#code) and [x](y "title")', '[`CODE`](<#code>) and [x](<y> "title")'],
    ['![picture](p.png)', '![picture](p.png)'],
    ['`[a](b)` [c](d)', '`[a](b)` [c](<d>)'],
    ['``[a](b)`` [c](d)', '``[a](b)`` [c](<d>)'],
    ['```sh\n[a](b)\n```\n[c](d)', '```sh\n[a](b)\n```\n[c](<d>)'],
    ['~~~\n[a](b)\n```\n[e](f)\n~~~\n[c](d)', '~~~\n[a](b)\n```\n[e](f)\n~~~\n[c](<d>)'],
    ['[broken](', '[broken]('],
  ])('%j becomes %j', (before, after) => {
    expect(rewriteLinks(before, marked)).toBe(after);
  });

  test('that lead nowhere become their text', () => {
    expect(rewriteLinks('see [the code](../src/x.ts).', () => undefined)).toBe('see the code.');
  });

  test('keep the text as it is when they are not changed', () => {
    const pieces = fc.constantFrom('[a](b)', '`', '```', '\n', '\n\n', '[', ']', '(c)', ' text ', '~~~', '#', '"');
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const text = parts.join('');
        expect(rewriteLinks(text, (href) => href)).toBe(text);
      }),
    );
  });
});

describe('the description of a text', () => {
  test.each([
    [
      '# T\n\nOne sentence that is long enough to stand alone, as it has sixty characters.\n\nAnother.',
      'One sentence that is long enough to stand alone, as it has sixty characters.',
    ],
    ['# T\n\nShort:\n\n| a | b |\n\nThen more [words](x) with `code`.', 'Short. Then more words with code.'],
    ['# T\n\n```sh\ncurl\n```\n\nAfter the code comes the sentence.', 'After the code comes the sentence.'],
    ['# T\n\n<!-- note -->\n\nSeen.', 'Seen.'],
    ['# T', ''],
  ])('%j is %j', (markdown, description) => {
    expect(firstSentences(markdown)).toBe(description);
  });

  test('is never longer than lists have room for', () => {
    expect(firstSentences(`${'word '.repeat(100)}.`).length).toBeLessThanOrEqual(200);
    expect(firstSentences('A sentence here. '.repeat(40)).length).toBeLessThanOrEqual(200);
  });
});

test('marks are taken from a heading', () => {
  expect(plainText('`snake_case` and **bold** _slanted_ [link](x)')).toBe('snake_case and bold slanted link');
});
