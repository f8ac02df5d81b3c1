import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFrontMatter, writeFrontMatter } from './front-matter.ts';

test('what is written is read again, whatever the texts are', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (title, description) => {
      const { values, body } = readFrontMatter(`${writeFrontMatter({ title, description })}# Body\n`);
      expect(values).toEqual({ title, description });
      expect(body).toBe('# Body\n');
    }),
  );
});

test('a text without it is all body; values that are no texts are passed over', () => {
  expect(readFrontMatter('# A\r\n\r\n---\r\n')).toEqual({ values: {}, body: '# A\n\n---\n' });
  expect(readFrontMatter('---\ntitle: T\norder: 3\n---\nx').values).toEqual({ title: 'T' });
});
