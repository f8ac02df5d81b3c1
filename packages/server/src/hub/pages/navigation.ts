import type { PageInfo } from './page.ts';

export interface NavigationGroup {
  readonly title: string;
  readonly pages: readonly PageInfo[];
}

/** The order of the pages that the project itself brings; others follow in their groups by name. */
const groups: readonly (readonly [string, readonly string[]])[] = [
  ['Start', ['developers', 'quickstart', 'authentication', 'clients', 'kurzanleitung']],
  [
    'Calling models',
    ['models', 'streaming', 'errors', 'idempotency', 'limits', 'routing', 'files', 'usage-and-billing'],
  ],
  ['For agents', ['agents', 'mcp', 'nlweb', 'tools', 'jobs', 'webhooks']],
  ['Reference', ['reference', 'api-versioning', 'changelog', 'status']],
];

const company = ['pricing', 'faq', 'faq-de', 'about', 'contact', 'privacy', 'terms', 'impressum'];

function nameOf({ path }: PageInfo): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function inOrder(pages: readonly PageInfo[], names: readonly string[]): PageInfo[] {
  return names.flatMap((name) => pages.filter((page) => nameOf(page) === name));
}

/** All pages but the first one in groups, in the order in which they are read. */
export function navigationGroups(pages: readonly PageInfo[]): NavigationGroup[] {
  const developers = pages.filter(({ section }) => section === 'developers');
  const named = groups.map(([title, names]) => ({ title, pages: inOrder(developers, names) }));
  const placed = new Set(named.flatMap((group) => group.pages));
  const ofCompany = pages.filter(({ section }) => section === 'company');
  const first = inOrder(ofCompany, company);
  const all = [
    ...named,
    { title: 'More', pages: developers.filter((page) => !placed.has(page)) },
    { title: 'Running it', pages: pages.filter(({ section }) => section === 'operations') },
    { title: 'Company', pages: [...first, ...ofCompany.filter((page) => !first.includes(page))] },
  ];
  return all.filter((group) => group.pages.length > 0);
}
