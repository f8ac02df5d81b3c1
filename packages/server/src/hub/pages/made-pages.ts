import type { FaqFile } from '../../knowledge/faq-file.ts';
import type { Language } from '../../knowledge/language.ts';
import type { HealthCheck } from '../health.ts';
import type { Brand } from './brand.ts';
import { navigationGroups } from './navigation.ts';
import { plansTable, type Offers } from './offers.ts';
import type { PageInfo } from './page.ts';

/* Pages made from what the program knows, as Markdown. Links begin at the root of the server. */

function linkList(pages: readonly PageInfo[]): string {
  return pages.map(({ path, title, description }) => `- [${title}](${path}): ${description}`).join('\n');
}

/** What machines find at fixed addresses: where it is and what it is. */
export interface Surface {
  readonly path: string;
  readonly title: string;
  readonly description: string;
}

function surfaceList(surfaces: readonly Surface[]): string {
  return surfaces.map(({ path, title, description }) => `- [${title}](${path}): ${description}`).join('\n');
}

export interface HomeInput {
  readonly brand: Brand;
  readonly origin: string;
  readonly offers: Offers;
  readonly pages: readonly PageInfo[];
  /** The preset's `index.md`. */
  readonly own: string | undefined;
}

/** The front door: what the preset's `index.md` says, else the brand's description; then where to go. */
export function homeMarkdown({ brand, origin, offers, pages, own }: HomeInput): string {
  const model = Object.keys(offers.models)[0] ?? 'MODEL';
  const { tagline } = offers.catalogues.site;
  const split = own?.search(/^## /m) ?? -1;
  const lead = own === undefined || split === -1 ? own : own.slice(0, split);
  const rest = own === undefined || split === -1 ? '' : own.slice(split);
  const find = (path: string) => pages.filter((page) => page.path === path);
  const start = [
    '/developers/quickstart',
    '/developers',
    '/developers/reference',
    '/developers/mcp',
    '/faq',
    '/pricing',
  ];
  return [
    lead?.trim() ??
      `# ${brand.name}\n\n${[tagline, `${brand.description.replace(/\.$/, '')}.`].filter((part) => part !== undefined).join(' ')}`,
    `\`\`\`sh\ncurl ${origin}/v1/chat/completions \\\n  -H "Authorization: Bearer $TURNPIKE_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '{\n    "model": "${model}",\n    "messages": [{"role": "user", "content": "Hello"}]\n  }'\n\`\`\``,
    rest.trim(),
    '## Where to go',
    linkList(start.flatMap(find)),
    '## Plans',
    plansTable(offers),
    'Limits are exact, and every answer says what is left. [Prices and limits in full](/pricing).',
    '## Company and legal',
    linkList(['/about', '/contact', '/privacy', '/terms', '/impressum'].flatMap(find)),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** The overview at `/developers`. */
export function overviewMarkdown(
  brand: Brand,
  origin: string,
  pages: readonly PageInfo[],
  surfaces: readonly Surface[],
): string {
  const developers = pages.filter(({ path, section }) => section === 'developers' && path !== '/developers');
  return [
    '# Developers',
    `Everything needed to build on ${brand.name}: one API at \`${origin}/v1\` that clients of OpenAI and Anthropic speak, with keys, exact limits, streams that can be picked up again, and a bill that can be checked. Machines find the same things at fixed addresses, listed at the end of this page.`,
    ...navigationGroups(developers).flatMap(({ title, pages: members }) => [`## ${title}`, linkList(members)]),
    ...(surfaces.length === 0 ? [] : ['## Addresses for machines', surfaceList(surfaces)]),
    '## Every page as Markdown',
    'Add `.md` to the address of a page, or ask for it with `Accept: text/markdown`. An address that does not exist is answered with 404 in the same form.',
  ]
    .join('\n\n')
    .concat('\n');
}

const words = { pass: '● works', warn: '▲ impaired', fail: '■ down' } as const;
const summary = {
  pass: 'Everything works.',
  warn: 'The service answers; a part of it is impaired.',
  fail: 'The service does not work as it should.',
} as const;

/** What `/api/status.php` says, for people. */
export function statusMarkdown(brand: Brand, checks: readonly HealthCheck[], nowMs: number): string {
  const worst = checks.some(({ status }) => status === 'fail')
    ? 'fail'
    : checks.some(({ status }) => status === 'warn')
      ? 'warn'
      : 'pass';
  const rows = checks.map(({ name, status, observedValue, observedUnit, output }) => {
    const seen = observedValue === undefined ? output : [observedValue, observedUnit].filter(Boolean).join(' ');
    return `| \`${name}\` | ${words[status]} | ${(seen ?? '–').replaceAll('|', '\\|')} |`;
  });
  return [
    '# Status',
    `${summary[worst]} Read from the running service of ${brand.name} at ${new Date(nowMs).toISOString()}.`,
    '## Components',
    ['| Component and measurement | State | Observed |', '| --- | --- | --- |', ...rows].join('\n'),
    '## For monitors',
    '`GET /api/status.php` and `GET /.well-known/health` give the same as JSON in the form of the IETF health draft: 200 while the service answers, 503 when it does not. `?simple` gives the overall state alone.',
  ]
    .join('\n\n')
    .concat('\n');
}

const faqWords = {
  en: {
    title: 'Frequently asked questions',
    lead: (brand: string) => `Short answers about ${brand}, its API, keys, plans and prices.`,
    more: 'Read on',
  },
  de: {
    title: 'Häufige Fragen',
    lead: (brand: string) => `Kurze Antworten zu ${brand}, zur Schnittstelle, zu Schlüsseln, Tarifen und Preisen.`,
    more: 'Weiterlesen',
  },
} as const;

export function faqMarkdown(brand: Brand, faq: FaqFile, language: Language, pages: readonly PageInfo[]): string {
  const { title, lead, more } = faqWords[language];
  const entries = faq.flatMap(({ page, [language]: entry }) => {
    if (entry === undefined) return [];
    const path = page === null ? undefined : `/developers/${page.replace(/\.md(?=#|$)/, '')}`;
    const target = pages.find((info) => info.path === path?.split('#')[0]);
    const link = path === undefined || target === undefined ? '' : ` ${more}: [${target.title}](${path}).`;
    return [`## ${entry.question}`, `${entry.answer}${link}`];
  });
  return [`# ${title}`, lead(brand.name), ...entries].join('\n\n').concat('\n');
}

/** FAQPage for JSON-LD. */
export function faqGraph(faq: FaqFile, language: Language, url: string): readonly object[] {
  const questions = faq.flatMap(({ [language]: entry }) =>
    entry === undefined
      ? []
      : [{ '@type': 'Question', name: entry.question, acceptedAnswer: { '@type': 'Answer', text: entry.answer } }],
  );
  return questions.length === 0
    ? []
    : [{ '@type': 'FAQPage', '@id': `${url}#faq`, inLanguage: language, mainEntity: questions }];
}

export function hasLanguage(faq: FaqFile, language: Language): boolean {
  return faq.some((entry) => entry[language] !== undefined);
}

/** Tags that a capital letter alone does not make a name. */
const tagTitles: Readonly<Record<string, string>> = {
  openai: 'OpenAI',
  spycore: 'SpyCore',
  mcp: 'MCP',
  nlweb: 'NLWeb',
};

/** What the reference page lists before, and without, the interactive one; and its Markdown. */
export function referenceMarkdown(brand: Brand, operations: readonly Operation[]): string {
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const sections = tags.flatMap((tag) => [
    `## ${tagTitles[tag] ?? `${tag.slice(0, 1).toUpperCase()}${tag.slice(1)}`}`,
    [
      '| Operation | What it does |',
      '| --- | --- |',
      ...operations
        .filter((operation) => operation.tag === tag)
        .map(({ method, path, summary: what }) => `| \`${method} ${path}\` | ${what.replaceAll('|', '\\|')} |`),
    ].join('\n'),
  ]);
  return [
    '# API reference',
    `Every operation of the ${brand.name} API. Schemas, parameters and examples are in the OpenAPI 3.1 document at [/openapi.json](/openapi.json).`,
    ...sections,
  ]
    .join('\n\n')
    .concat('\n');
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
}
