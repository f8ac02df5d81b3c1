import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { errorDocs } from './error-docs.ts';

test('docs/guide/errors.md is what scripts/write-error-docs.ts writes', async () => {
  const file = new URL('../docs/guide/errors.md', import.meta.url);
  const expected = await format(errorDocs(), { ...(await resolveConfig(file)), filepath: file.pathname });
  expect(await readFile(file, 'utf8')).toBe(expected);
});
