import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '../packages/web/src');

/** Types know nothing of what is in a style sheet: a misspelt class would only look wrong. */
test('every class that a component of the console names is in its style sheet', async () => {
  const missing: string[] = [];
  let count = 0;
  for await (const name of glob('**/*.tsx', { cwd: source })) {
    const code = await readFile(join(source, name), 'utf8');
    for (const [, variable = '', sheet = ''] of code.matchAll(/import (\w+) from '(.+\.module\.css)'/g)) {
      const css = await readFile(join(source, dirname(name), sheet), 'utf8');
      const known = new Set([...css.matchAll(/\.([a-zA-Z][\w-]*)/g)].map(([, className]) => className));
      for (const [, used] of code.matchAll(new RegExp(`\\b${variable}\\['(\\w+)'\\]`, 'g'))) {
        count += 1;
        if (!known.has(used)) missing.push(`${name}: ${used ?? ''}`);
      }
    }
  }
  expect(missing).toEqual([]);
  expect(count).toBeGreaterThan(50);
});
