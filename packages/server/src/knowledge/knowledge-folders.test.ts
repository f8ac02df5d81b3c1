import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { knowledgeSignature } from './knowledge-folders.ts';

let path = '';
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'knowledge-'));
});
afterEach(() => rm(path, { recursive: true }));

describe('the signature of the documents', () => {
  test('changes with each that is written, added or taken away, and with nothing else', async () => {
    const faq = join(path, 'faq.yaml');
    const look = () => knowledgeSignature([{ path, source: 'docs/' }], [faq]);
    await writeFile(join(path, 'a.md'), '# A');
    const seen = [await look()];
    expect(await look()).toBe(seen[0]);
    await writeFile(join(path, 'notes.txt'), 'no document');
    expect(await look()).toBe(seen[0]);
    await writeFile(join(path, 'b.md'), '# B');
    seen.push(await look());
    await writeFile(join(path, 'a.md'), '# A, longer');
    seen.push(await look());
    await utimes(join(path, 'a.md'), 1, 1);
    seen.push(await look());
    await writeFile(faq, '[]');
    seen.push(await look());
    await rm(join(path, 'b.md'));
    seen.push(await look());
    expect(new Set(seen).size).toBe(seen.length);
  });
});
