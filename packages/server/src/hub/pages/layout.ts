import type { Brand } from './brand.ts';
import { navigationGroups } from './navigation.ts';
import { markdownPath, type PageInfo } from './page.ts';
import type { PageSummary } from './page-source.ts';
import { escapeHtml, type Heading } from './render-markdown.ts';

/** What stands around every page. */
export interface Frame {
  readonly brand: Brand;
  readonly publicUrl: string;
  readonly pages: readonly PageInfo[];
  /** Where people sign in; undefined: nowhere. */
  readonly consolePath: string | undefined;
  /** Address of an asset with its version. */
  readonly asset: (name: string) => string;
}

export interface LayoutInput extends Frame {
  readonly path: string;
  readonly summary: PageSummary;
  readonly structuredData: string;
  /** The page's own HTML, `h1` first. */
  readonly article: string;
  readonly headings: readonly Heading[];
  readonly trail: readonly Pick<PageInfo, 'path' | 'title'>[];
  /** Whether the page can be asked for as Markdown: error pages cannot. */
  readonly isPage: boolean;
  /** Stands below the text, over the whole width. */
  readonly below?: string;
  /** Further files it needs. */
  readonly styles?: readonly string[];
  readonly scripts?: readonly string[];
}

const bar = [
  ['/developers', 'Developers'],
  ['/developers/reference', 'Reference'],
  ['/pricing', 'Pricing'],
  ['/developers/status', 'Status'],
  ['/faq', 'FAQ'],
] as const;

function link(path: string, title: string, current: string): string {
  const here = path === current ? ' aria-current="page"' : '';
  return `<a href="${path}"${here}>${escapeHtml(title)}</a>`;
}

function head(input: LayoutInput): string {
  const { brand, publicUrl, asset, path, summary, structuredData, isPage, styles = [], scripts = [] } = input;
  const title = path === '/' ? `${brand.name}: ${summary.description}` : `${summary.title} · ${brand.name}`;
  const short = title.length > 70 && path === '/' ? brand.name : title;
  const url = `${publicUrl}${path}`;
  const description = escapeHtml(summary.description);
  const own = isPage
    ? [
        `<link rel="canonical" href="${url}">`,
        `<link rel="alternate" type="text/markdown" href="${publicUrl}${markdownPath(path)}" title="This page as Markdown">`,
        `<meta property="og:url" content="${url}">`,
      ]
    : ['<meta name="robots" content="noindex">'];
  return [
    '<meta charset="utf-8">',
    `<title>${escapeHtml(short)}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta name="description" content="${description}">`,
    ...own,
    '<link rel="describedby" type="text/plain" href="/llms.txt">',
    '<link rel="service-desc" type="application/vnd.oai.openapi+json" href="/openapi.json">',
    `<meta property="og:type" content="${path === '/' ? 'website' : 'article'}">`,
    `<meta property="og:title" content="${escapeHtml(summary.title)}">`,
    `<meta property="og:description" content="${description}">`,
    `<meta property="og:site_name" content="${escapeHtml(brand.name)}">`,
    `<meta property="og:image" content="${publicUrl}/assets/social.png">`,
    '<meta name="twitter:card" content="summary_large_image">',
    '<meta name="color-scheme" content="light dark">',
    `<link rel="icon" href="${asset('favicon.svg')}" type="image/svg+xml">`,
    ...['site.css', ...styles].map((name) => `<link rel="stylesheet" href="${asset(name)}">`),
    `<script src="${asset('theme.js')}"></script>`,
    ...['site.js', 'webmcp.js', ...scripts].map((name) => `<script src="${asset(name)}" defer></script>`),
    `<script type="application/ld+json">${structuredData}</script>`,
  ].join('\n');
}

function header({ brand, pages, path, consolePath }: LayoutInput): string {
  const links = bar.filter(([target]) => pages.some((page) => page.path === target));
  return [
    '<header class="bar">',
    `<a class="brand" href="/">${escapeHtml(brand.name)}</a>`,
    `<nav aria-label="Main">${links.map(([target, title]) => link(target, title, path)).join('')}<a class="all-pages" href="#pages">All pages</a></nav>`,
    consolePath === undefined ? '' : `<a class="console" href="${consolePath}">Sign in</a>`,
    '<button class="theme" type="button" hidden>Theme</button>',
    '</header>',
  ].join('\n');
}

/** A title as lists have room for it: without what comes after a colon. */
function shortTitle({ title }: PageInfo): string {
  return title.split(': ')[0] ?? title;
}

/** Sections of the page; one or none need no table. */
function contents(headings: readonly Heading[], language: string): string {
  const shown = headings.filter(({ level }) => level === 2);
  if (shown.length < 2) return '';
  const title = language === 'de' ? 'Auf dieser Seite' : 'On this page';
  const items = shown.map(
    ({ anchor, title: text }) => `<li><a href="#${escapeHtml(anchor)}">${escapeHtml(text)}</a></li>`,
  );
  const size = shown.length > 14 ? ' toc-long' : '';
  return `<nav class="toc${size}" aria-labelledby="toc-title"><p id="toc-title">${title}</p><ol>${items.join('')}</ol></nav>`;
}

function crumbs({ trail, path, isPage }: LayoutInput): string {
  const above = trail.slice(0, -1);
  const way =
    above.length === 0
      ? ''
      : `<nav class="breadcrumb" aria-label="Breadcrumb">${above.map((step) => link(step.path, step.path === '/' ? 'Home' : step.title, path)).join(' / ')}</nav>`;
  const twin = isPage ? `<a href="${markdownPath(path)}">this page as Markdown</a>, ` : '';
  return `<div class="meta">${way}<p class="for-agents">For AI agents: ${twin}<a href="/llms.txt">/llms.txt</a></p></div>`;
}

/** The page before and after in reading order. */
function neighbours({ pages, path }: LayoutInput): string {
  const order = navigationGroups(pages.filter(({ section }) => section === 'developers')).flatMap(
    (group) => group.pages,
  );
  const at = order.findIndex((page) => page.path === path);
  if (at === -1) return '';
  const step = (page: PageInfo | undefined, rel: 'prev' | 'next', words: string) =>
    page === undefined
      ? '<span></span>'
      : `<a rel="${rel}" href="${page.path}"><span>${words}</span> ${escapeHtml(shortTitle(page))}</a>`;
  return `<nav class="prev-next" aria-label="Neighbouring pages">${step(order[at - 1], 'prev', 'Before')}${step(order[at + 1], 'next', 'Next')}</nav>`;
}

function side({ pages, path }: LayoutInput): string {
  const groups = navigationGroups(pages).map(({ title, pages: members }) => {
    const items = members.map((page) => `<li>${link(page.path, shortTitle(page), path)}</li>`).join('');
    return `<p>${escapeHtml(title)}</p><ul>${items}</ul>`;
  });
  return `<nav class="side" id="pages" aria-label="All pages">${groups.join('\n')}</nav>`;
}

function footer({ brand, pages }: LayoutInput): string {
  const legal = ['/about', '/contact', '/privacy', '/terms', '/impressum'];
  const shown = pages.filter((page) => legal.includes(page.path));
  const links = shown.map((page) => link(page.path, page.title, '')).join('');
  return `<footer><p>${escapeHtml(brand.name)}</p><nav aria-label="Company and legal">${links}</nav><p>For machines: <a href="/openapi.json">OpenAPI</a> <a href="/llms.txt">llms.txt</a> <a href="/sitemap.xml">Sitemap</a></p></footer>`;
}

/** Puts the table of contents under the opening paragraph; it stands beside the text where there is room. */
function withContents(article: string, table: string): string {
  const opening =
    /^\s*<h1[^>]*>[\s\S]*?<\/h1>\s*(?:<p>[\s\S]*?<\/p>|<blockquote>[\s\S]*?<\/blockquote>)?/.exec(article)?.[0] ?? '';
  return `${opening}\n${table}\n${article.slice(opening.length)}`;
}

/** A whole page. */
export function layout(input: LayoutInput): string {
  const { path, summary, article, headings } = input;
  const kind = path === '/' ? 'home' : 'page';
  const table = kind === 'page' ? contents(headings, summary.language) : '';
  return `<!doctype html>
<html lang="${summary.language}">
<head>
${head(input)}
</head>
<body class="${kind}">
<a class="skip" href="#content">Skip to content</a>
${header(input)}
<div class="frame">
<main id="content">
${crumbs(input)}
<article${table === '' ? '' : ' class="has-toc"'}>
${withContents(article, table)}
</article>
${neighbours(input)}
</main>
${side(input)}
</div>
${input.below ?? ''}
${footer(input)}
</body>
</html>
`;
}
