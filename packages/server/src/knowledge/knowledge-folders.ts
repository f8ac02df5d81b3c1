import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where documents are: all `.md` files directly in `path`, or the file `path` itself. */
export interface KnowledgeFolder {
  readonly path: string;
  /** What stands before a file's name in its source, e.g. `docs/guide/`. For a single file: its whole source. */
  readonly source: string;
}

export interface KnowledgeFile {
  readonly path: string;
  readonly source: string;
}

/** What the product knows about itself: the README, the documentation and the pages of the preset. */
export function productFolders(projectFolder: string, preset: string): KnowledgeFolder[] {
  const at = (...parts: string[]) => join(projectFolder, ...parts);
  return [
    { path: at('README.md'), source: 'README.md' },
    { path: at('docs'), source: 'docs/' },
    { path: at('docs', 'guide'), source: 'docs/guide/' },
    { path: at('presets', preset, 'content', 'pages'), source: `presets/${preset}/content/pages/` },
  ];
}

/** Changes whenever a document is written, added or taken away: cheap to make. @param files beside those of the folders */
export async function knowledgeSignature(
  folders: readonly KnowledgeFolder[],
  files: readonly string[],
): Promise<string> {
  const paths = [...(await listKnowledgeFiles(folders)).map(({ path }) => path), ...files];
  const states = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found === undefined ? path : `${path} ${found.mtimeMs} ${found.size}`;
    }),
  );
  return states.join('\n');
}

/** The documents that are there, in a stable order. A folder or file that does not exist is no error. */
export async function listKnowledgeFiles(folders: readonly KnowledgeFolder[]): Promise<KnowledgeFile[]> {
  const files: KnowledgeFile[] = [];
  for (const { path, source } of folders) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) files.push({ path, source });
    if (found?.isDirectory() !== true) continue;
    const names = (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => entry.name);
    for (const name of names.sort()) files.push({ path: join(path, name), source: `${source}${name}` });
  }
  return files;
}
