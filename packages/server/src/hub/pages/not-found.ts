import { isAgent } from './negotiate.ts';
import { markdownPath, type PageInfo } from './page.ts';

/** Below these an address that does not exist is answered in JSON, whoever asks. */
const jsonPaths = /^\/(?:api|v1|account|admin|auth|oauth|mcp|webhook|metrics|ask|\.well-known)(?:[/?]|$)/;

export interface MissingRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly accept: string | undefined;
  readonly userAgent: string | undefined;
}

/** How the caller wants to be told that there is no page; undefined: as JSON. */
export function missingForm({ method, path, accept, userAgent }: MissingRequest): 'html' | 'markdown' | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || jsonPaths.test(path)) return undefined;
  const names = (accept ?? '').toLowerCase();
  const html = names.indexOf('text/html');
  const markdown = names.indexOf('text/markdown');
  if (markdown !== -1 && (html === -1 || markdown < html)) return 'markdown';
  if (html !== -1) return 'html';
  return (names === '' || names.includes('*/*')) && isAgent(userAgent) ? 'markdown' : undefined;
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
}

/** The same word, or one that begins with the other where that says something: `limit` and `limits`. */
function isAlike(one: string, other: string): boolean {
  if (one === other) return true;
  return Math.min(one.length, other.length) >= 4 && (one.startsWith(other) || other.startsWith(one));
}

/** Pages that share words with the address, else the ways in. */
export function nearestPages(path: string, pages: readonly PageInfo[]): PageInfo[] {
  const asked = words(path.replaceAll(/%[0-9a-f]{2}|\.md$/gi, ' '));
  const scored = pages
    .map((page) => {
      const own = words(`${page.path} ${page.title}`);
      const score = asked.filter((word) => own.some((other) => isAlike(word, other))).length;
      return { page, score };
    })
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
    .map(({ page }) => page);
  const doors = ['/', '/developers', '/developers/quickstart', '/faq'];
  return [...new Set([...scored.slice(0, 5), ...pages.filter((page) => doors.includes(page.path))])];
}

/** What is said where no page is, with ways on. */
export function missingMarkdown(path: string, publicUrl: string, pages: readonly PageInfo[]): string {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  const quoted = shown.replaceAll(/[`\s]/g, '');
  const links = nearestPages(path, pages).map(
    (page) => `- [${page.title}](${publicUrl}${markdownPath(page.path)}): ${page.description}`,
  );
  return `# Page not found\n\nThere is no page at \`${quoted}\`. These may be what you are looking for:\n\n${links.join('\n')}\n\nEvery page is listed at [/sitemap.xml](${publicUrl}/sitemap.xml) and, for agents, at [/llms.txt](${publicUrl}/llms.txt). The API is described at [/openapi.json](${publicUrl}/openapi.json).\n`;
}
