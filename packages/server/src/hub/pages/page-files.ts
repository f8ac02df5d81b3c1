import { readdirSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../../errors.ts';
import { detectLanguage } from '../../knowledge/language.ts';
import { readFrontMatter } from './front-matter.ts';
import { firstSentences, plainText, rewriteLinks } from './markdown-links.ts';
import { markdownPath, type PageSection } from './page.ts';
import type { PageSource, PageText } from './page-source.ts';

/** What examples in the documentation call this server: they run as they stand, and a page shows its server's own address. */
const exampleOrigin = 'http://127.0.0.1:8420';

export interface PageFile {
  readonly file: string;
  readonly path: string;
  readonly name: string;
  readonly section: PageSection;
}

/** The Markdown files of a folder as pages under `prefix`; a folder that is not there has none. */
export function listPageFiles(folder: string, prefix: string, section: PageSection): PageFile[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((entry) => {
        const name = entry.slice(0, -'.md'.length);
        return {
          file: resolve(folder, entry),
          path: name === 'index' ? prefix || '/' : `${prefix}/${name}`,
          name,
          section,
        };
      });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** What links between pages need to know. */
export interface LinkMap {
  readonly publicUrl: string;
  /** Path of the page that a file is shown as. */
  pathOfFile(file: string): string | undefined;
  isPage(path: string): boolean;
}

/** Where a link leads from outside; undefined: to nothing that is served. */
function absoluteLink(href: string, fromFile: string | undefined, links: LinkMap): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href) || href.startsWith('#')) return href;
  const [target = '', fragment] = href.split('#', 2);
  const suffix = fragment === undefined ? '' : `#${fragment}`;
  if (target.startsWith('/')) {
    const path = target.length > 1 ? target.replace(/\/$/, '') : target;
    return `${links.publicUrl}${links.isPage(path) ? markdownPath(path) : path}${suffix}`;
  }
  if (fromFile === undefined) return undefined;
  const path = links.pathOfFile(join(dirname(fromFile), target));
  return path === undefined ? undefined : `${links.publicUrl}${markdownPath(path)}${suffix}`;
}

/** The text as it leaves the server: own address, absolute links. */
export function preparedMarkdown(body: string, fromFile: string | undefined, links: LinkMap): string {
  const text = body.replaceAll(/<!--[\s\S]*?-->\n*/g, '').replaceAll(exampleOrigin, links.publicUrl);
  return `${rewriteLinks(text, (href) => absoluteLink(href, fromFile, links)).trim()}\n`;
}

/** Title, description and language of a text that does not say them itself. */
export function describeText(
  markdown: string,
  given: { readonly title?: string | undefined; readonly description?: string | undefined; readonly updatedAt: Date },
): PageText {
  const heading = /^# +(.+)$/m.exec(markdown)?.[1];
  return {
    title: given.title ?? plainText(heading ?? 'Untitled'),
    description: given.description ?? firstSentences(markdown),
    markdown,
    updatedAt: given.updatedAt,
    language: detectLanguage(markdown),
  };
}

/** A page that is a file; read again when the file has changed. */
export function fileSource({ file, path, name, section }: PageFile, links: LinkMap): PageSource {
  let known: { readonly changedAtMs: number; readonly text: PageText } | undefined;
  return {
    ...{ path, name, section },
    read: async () => {
      const { mtime, mtimeMs } = await stat(file);
      if (known?.changedAtMs === mtimeMs) return known.text;
      const { values, body } = readFrontMatter(await readFile(file, 'utf8'));
      const updated = new Date(values['last-updated'] ?? Number.NaN);
      const text = describeText(preparedMarkdown(body, file, links), {
        title: values['title'],
        description: values['description'],
        updatedAt: Number.isNaN(updated.getTime()) ? mtime : updated,
      });
      known = { changedAtMs: mtimeMs, text };
      return text;
    },
  };
}
