import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitMarkdown } from './split-markdown.ts';

test('a section a heading, with its path and anchor', () => {
  const text =
    '# Limits\n\nIntro.\n\n## What a `429` means?\n\nWait.\n\n### Retry-After\n\nSeconds.\n\n## Next\n\nEnd.\n';
  expect(splitMarkdown(text)).toEqual([
    { title: 'Limits', anchor: 'limits', headingPath: '', body: 'Intro.' },
    { title: 'What a 429 means?', anchor: 'what-a-429-means', headingPath: 'Limits', body: 'Wait.' },
    { title: 'Retry-After', anchor: 'retry-after', headingPath: 'Limits › What a 429 means?', body: 'Seconds.' },
    { title: 'Next', anchor: 'next', headingPath: 'Limits', body: 'End.' },
  ]);
});

test('a comment line of code is no heading', () => {
  expect(splitMarkdown('# A\n\n```sh\n# not a heading\n```\n')).toMatchObject([
    { title: 'A', body: '```sh\n# not a heading\n```' },
  ]);
});

test('equal headings have anchors of their own; underscores stay', () => {
  expect(splitMarkdown('## RATE_LIMIT\na\n## RATE_LIMIT\nb').map((section) => section.anchor)).toEqual([
    'rate_limit',
    'rate_limit-1',
  ]);
});

test('front matter, comments and empty sections are left out; inner links become text', () => {
  const text =
    '---\ntitle: x\n---\n# A\n<!-- made by a script -->\n## B\nSee [limits](limits.md#x) and [the site](https://example.com/).\n';
  expect(splitMarkdown(text)).toEqual([
    { title: 'B', anchor: 'b', headingPath: 'A', body: 'See limits and [the site](https://example.com/).' },
  ]);
});

test('a long section is cut between blocks', () => {
  const block = 'word '.repeat(200).trim();
  const parts = splitMarkdown(`# A\n\n${Array.from({ length: 8 }, () => block).join('\n\n')}`);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.every((part) => part.title === 'A' && part.body.length <= 3_000)).toBe(true);
});

test('the padding of tables is left out', () => {
  expect(splitMarkdown('# A\n| a    | b |\n| ---- | - |\n| `c`  | d |\n')).toMatchObject([
    { body: '| a | b |\n| --- | - |\n| `c` | d |' },
  ]);
});

test('never throws', () => {
  const line = fc.oneof(fc.string(), fc.constantFrom('# A', '###### B', '```', '~~~~', '---', '<!--', '-->', ''));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      splitMarkdown(lines.join('\n'));
    }),
  );
});
