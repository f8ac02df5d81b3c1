import { hash } from 'node:crypto';
import { writeFrontMatter } from './front-matter.ts';
import { layout, type Frame } from './layout.ts';
import { missingMarkdown } from './not-found.ts';
import { markdownPath, type PageInfo } from './page.ts';
import type { PageLibraryOptions, PageLibrary } from './page-library.ts';
import type { PageSource, PageText } from './page-source.ts';
import { renderMarkdown } from './render-markdown.ts';
import { createRepresentation, type Representation } from './representation.ts';
import { structuredData } from './structured-data.ts';

export interface PageViewOptions extends Pick<PageLibraryOptions, 'brand' | 'publicUrl' | 'offers'> {
  readonly consolePath: string | undefined;
  readonly library: PageLibrary;
  readonly asset: Frame['asset'];
}

interface Kept {
  readonly key: string;
  readonly representation: Representation;
}

const referencePath = '/developers/reference';

/** Renders pages, each form once as long as nothing changes. */
export class PageView {
  readonly #options: PageViewOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: PageViewOptions) {
    this.#options = options;
  }

  /** The Markdown twin, with its frontmatter and the way to the index for agents. */
  async markdown(source: PageSource, contentType: string): Promise<Representation> {
    const text = await source.read();
    const content = this.#withFrontMatter(source.path, text);
    return this.#keep(`${source.path} ${contentType}`, content, () => createRepresentation(content, contentType));
  }

  async html(source: PageSource): Promise<Representation> {
    const [text, pages] = await Promise.all([source.read(), this.#options.library.list()]);
    const extra = (await source.structuredData?.()) ?? [];
    const titles = pages.map(({ path, title }) => `${path} ${title}`).join('\n');
    const key = [
      text.title,
      text.description,
      text.updatedAt.toISOString(),
      text.markdown,
      titles,
      JSON.stringify(extra),
    ];
    return this.#keep(`${source.path} html`, key.join('\0'), () =>
      createRepresentation(this.#render(source, text, pages, extra), 'text/html; charset=utf-8'),
    );
  }

  /** The page that says there is none. */
  async missing(path: string, form: 'html' | 'markdown'): Promise<string> {
    const { brand, publicUrl, asset, library, consolePath } = this.#options;
    const pages = await library.list();
    const markdown = missingMarkdown(path, publicUrl, pages);
    if (form === 'markdown') return markdown;
    const { html, headings } = renderMarkdown(markdown, this.#localLink(pages));
    const updatedAt = new Date(0);
    const summary = {
      title: 'Page not found',
      description: 'There is no page at this address.',
      updatedAt,
      language: 'en',
    } as const;
    const trail = [
      { path: '/', title: 'Home' },
      { path: '', title: summary.title },
    ];
    return layout({
      consolePath,
      brand,
      publicUrl,
      asset,
      pages,
      path: '',
      summary,
      structuredData: '{}',
      article: html,
      headings,
      trail,
      isPage: false,
    });
  }

  #keep(name: string, content: string, make: () => Representation): Representation {
    const key = hash('sha256', content, 'base64url');
    const known = this.#kept.get(name);
    if (known?.key === key) return known.representation;
    const representation = make();
    this.#kept.set(name, { key, representation });
    return representation;
  }

  #withFrontMatter(path: string, text: PageText): string {
    const { publicUrl } = this.#options;
    const block = writeFrontMatter({
      title: text.title,
      description: text.description,
      canonical: `${publicUrl}${path}`,
      'last-updated': text.updatedAt.toISOString().slice(0, 10),
      last_updated: text.updatedAt.toISOString().slice(0, 10),
      language: text.language,
    });
    return `${block}\n> For AI agents: all pages are listed at ${publicUrl}/llms.txt\n\n${text.markdown}`;
  }

  /** Links to the Markdown of a page lead to the page. */
  #localLink(pages: readonly PageInfo[]): (href: string) => string {
    const { publicUrl } = this.#options;
    const byTwin = new Map(pages.map(({ path }) => [`${publicUrl}${markdownPath(path)}`, path]));
    return (href) => {
      const [target = '', fragment] = href.split('#', 2);
      const path = byTwin.get(target) ?? (target.startsWith(`${publicUrl}/`) ? target.slice(publicUrl.length) : target);
      return fragment === undefined ? path : `${path}#${fragment}`;
    };
  }

  #trail(path: string, text: PageText, pages: readonly PageInfo[]): { path: string; title: string }[] {
    const above = pages.filter((page) => page.path === '/developers' && path.startsWith('/developers/'));
    const home = { path: '/', title: this.#options.brand.name };
    if (path === '/') return [home];
    return [home, ...above.map((page) => ({ path: page.path, title: page.title })), { path, title: text.title }];
  }

  #render(source: PageSource, text: PageText, pages: readonly PageInfo[], extra: readonly object[]): string {
    const { brand, publicUrl, asset, offers, consolePath } = this.#options;
    const { path } = source;
    const { html, headings } = renderMarkdown(text.markdown, this.#localLink(pages));
    const trail = this.#trail(path, text, pages);
    const graph = structuredData({
      ...{ brand, publicUrl, trail, extra },
      catalogues: offers.catalogues,
      page: { path, text },
    });
    const common = {
      consolePath,
      brand,
      publicUrl,
      asset,
      pages,
      path,
      summary: text,
      structuredData: graph,
      headings,
      trail,
      isPage: true,
    };
    if (path !== referencePath) return layout({ ...common, article: html });
    // Scalar draws into whatever has the id `api-reference`, which the heading would have.
    const opener = '<button class="open-reference" type="button">Open the interactive reference</button>';
    const article = html.replace(' id="api-reference"', '').replace('</p>', () => `</p>\n${opener}`);
    const below = '<div id="reference" data-script="/assets/scalar.js" hidden></div>';
    return layout({ ...common, article, below, styles: ['reference.css'], scripts: ['reference.js'] });
  }
}
