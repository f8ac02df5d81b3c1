/** Where a page stands in the navigation, the sitemap and llms.txt. */
export type PageSection = 'home' | 'developers' | 'operations' | 'company';

/** A page of the site. The sitemap, llms.txt, MCP resources and the search index are built from these. */
export interface PageInfo {
  /** As browsers ask for it: `/`, `/developers/limits`. Its Markdown is at the same path with `.md` (`/index.md`). */
  readonly path: string;
  readonly title: string;
  /** One or two sentences, for search results and link lists. */
  readonly description: string;
  readonly section: PageSection;
  /** When the text last changed; for pages made from live state, when that was read. */
  readonly updatedAt: Date;
  /** The page's text with links of this server's own address, without frontmatter. */
  markdown(): Promise<string>;
}

/** The path of a page's Markdown twin. */
export function markdownPath(path: string): string {
  return path === '/' ? '/index.md' : `${path}.md`;
}
