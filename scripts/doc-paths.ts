/** What a Markdown file refers to in the repository. Pure: files are looked up by the caller. */

export interface Link {
  /** Path relative to the Markdown file; empty for a link into the same file. */
  readonly path: string;
  /** Without the `#`. */
  readonly anchor?: string;
}

const topFolders = ['.ci', 'bench', 'docs', 'e2e', 'packages', 'presets', 'scripts', 'sdks'];

/** `store.ts` alone names a kind of file; only these names can mean nothing but a file of the root. */
const rootFile = /^([A-Z]+\.md|package(-lock)?\.json|tsconfig\.json|[\w-]+\.config\.(ts|js))$/;

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^ *(```+|~~~+)[^\n]*\n[\s\S]*?^ *\1[^\n]*$/gm, '');
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replaceAll(/`[^`\n]*`/g, '``');
}

/** Links and images of a page that lead into the repository, whether written inline or as references. */
export function relativeLinks(markdown: string): Link[] {
  const text = withoutCode(markdown);
  const inline = text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g);
  const references = text.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm);
  return [...inline, ...references]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#', 2);
      return anchor === undefined ? { path: decodeURI(path) } : { path: decodeURI(path), anchor };
    });
}

/** The anchors of a page's headings as GitHub makes them: lower case, no punctuation, a number for repeated ones. */
export function headingAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const [, heading = ''] of withoutFences(markdown).matchAll(/^ {0,3}#{1,6}\s+(.*?)\s*#*$/gm)) {
    const anchor = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    anchors.add(times === 0 ? anchor : `${anchor}-${times}`);
  }
  return anchors;
}

/**
 * Paths in back-ticks that name a file or folder of the repository: they begin with a folder of its root, or are a
 * well-known file of it. `<name>` and `*` stand for anything: only what
 * comes before them is returned.
 */
export function repositoryPaths(markdown: string): string[] {
  const spans = withoutFences(markdown).matchAll(/`([^`\s]+)`/g);
  return [...spans]
    .map(([, span]) => span ?? '')
    .filter((span) => topFolders.some((name) => span.startsWith(`${name}/`)) || rootFile.test(span))
    .map((span) => span.replace(/[^/]*[<*{].*$/, '').replace(/:\d+$/, ''));
}
