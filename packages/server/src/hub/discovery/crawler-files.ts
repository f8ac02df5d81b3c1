import { markdownPath } from '../pages/page.ts';
import type { DiscoveryOptions } from './discovery-options.ts';

/** Crawlers of AI vendors, and agents that act for a person; named, since many ask about themselves only. */
const crawlers = [
  ...['GPTBot', 'OAI-SearchBot', 'ChatGPT-User', 'ClaudeBot', 'Claude-User', 'Claude-SearchBot', 'PerplexityBot'],
  ...[
    'Perplexity-User',
    'Google-Extended',
    'Applebot-Extended',
    'meta-externalagent',
    'Amazonbot',
    'Bytespider',
    'CCBot',
  ],
];
/** Nothing there is to be found by search. */
const closed = ['/admin/', '/account/', '/auth/', '/console/', '/metrics', '/webhook/'];

function answer(allowed: boolean): string {
  return allowed ? 'yes' : 'no';
}

/** RFC 9309, with the draft's Content-Signal in each group: a crawler reads its own group only. */
export function robotsTxt({ publicUrl, contentSignals }: DiscoveryOptions): string {
  const { search, ai_input: input, ai_train: train } = contentSignals;
  const signal = `Content-Signal: search=${answer(search)}, ai-input=${answer(input)}, ai-train=${answer(train)}`;
  const rules = [signal, 'Allow: /', ...closed.map((path) => `Disallow: ${path}`)].join('\n');
  const groups = [...crawlers, '*'].map((agent) => `User-agent: ${agent}\n${rules}`);
  const pointers = [
    `Sitemap: ${publicUrl}/sitemap.xml`,
    // As comments: agents read them by name, and checkers of robots.txt know no such directives.
    `# Agentmap: ${publicUrl}/.well-known/ai-catalog.json`,
    `# schemamap: ${publicUrl}/schemamap.xml`,
  ];
  return `${[...groups, pointers.join('\n')].join('\n\n')}\n`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export async function sitemapXml({ publicUrl, pages }: DiscoveryOptions): Promise<string> {
  const entries = (await pages()).map(
    ({ path, updatedAt }) =>
      `  <url><loc>${escapeXml(`${publicUrl}${path}`)}</loc><lastmod>${updatedAt.toISOString().slice(0, 10)}</lastmod></url>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${entries.join('\n')}\n</urlset>\n`;
}

export async function sitemapMarkdown({ brand, publicUrl, pages }: DiscoveryOptions): Promise<string> {
  const lines = (await pages()).map(
    ({ path, title, description }) => `- [${title}](${publicUrl}${markdownPath(path)}): ${description}`,
  );
  return `# Sitemap of ${brand.name}\n\nEvery page, as Markdown.\n\n## Pages\n\n${lines.join('\n')}\n`;
}

/** NLWeb's list of feeds in schema.org's words. */
export function schemaMap({ publicUrl }: DiscoveryOptions): string {
  const url = escapeXml(`${publicUrl}/schema-feed.jsonl`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n  <url contentType="structuredData/schema.org"><loc>${url}</loc></url>\n</urlset>\n`;
}

/** The pages as schema.org objects, one a line. */
export async function schemaFeed({ brand, publicUrl, pages }: DiscoveryOptions): Promise<string> {
  const lines = (await pages()).map(({ path, title, description, updatedAt }) =>
    JSON.stringify({
      '@context': 'https://schema.org',
      '@type': 'TechArticle',
      '@id': `${publicUrl}${path}`,
      url: `${publicUrl}${path}`,
      name: title,
      description,
      dateModified: updatedAt.toISOString(),
      publisher: { '@type': 'Organization', name: brand.name },
    }),
  );
  return `${lines.join('\n')}\n`;
}

const dayMs = 86_400_000;

/** RFC 9116; it must not be good for more than a year. */
export function securityTxt({ publicUrl, catalogues, now }: DiscoveryOptions): string {
  const email = catalogues.company?.email;
  // To the day: the same text for a day can be kept.
  const expires = new Date(Math.floor(now() / dayMs) * dayMs + 180 * dayMs).toISOString();
  return [
    `Contact: ${email === undefined ? `${publicUrl}/contact` : `mailto:${email}`}`,
    `Expires: ${expires}`,
    'Preferred-Languages: en, de',
    `Canonical: ${publicUrl}/.well-known/security.txt`,
    `Policy: ${publicUrl}/contact`,
    '',
  ].join('\n');
}
