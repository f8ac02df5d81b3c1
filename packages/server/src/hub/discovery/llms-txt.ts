import { markdownPath, type PageInfo } from '../pages/page.ts';
import type { DiscoveryOptions } from './discovery-options.ts';

const sectionTitles: Readonly<Record<PageInfo['section'], string>> = {
  home: 'Start',
  developers: 'For developers',
  operations: 'For operators',
  company: 'Company',
};

function pageList(publicUrl: string, pages: readonly PageInfo[]): string {
  return pages
    .map(({ path, title, description }) => `- [${title}](${publicUrl}${markdownPath(path)}): ${description}`)
    .join('\n');
}

function bySection(publicUrl: string, pages: readonly PageInfo[]): string[] {
  return (Object.keys(sectionTitles) as PageInfo['section'][]).flatMap((section) => {
    const own = pages.filter((page) => page.section === section);
    return own.length === 0 ? [] : [`## ${sectionTitles[section]}\n\n${pageList(publicUrl, own)}`];
  });
}

/** Links lead to what can be read; where the surface itself is stands beside it. */
function surfaceList({ publicUrl, surfaces }: DiscoveryOptions): string {
  return surfaces
    .map(({ path, title, description, documentation }) => {
      const page = documentation === '/developers/reference' ? '/developers/quickstart' : documentation;
      return `- [${title}](${publicUrl}${markdownPath(page)}): ${description} (\`${path}\`)`;
    })
    .join('\n');
}

function whenToUse({ brand, publicUrl, askName }: DiscoveryOptions & { readonly askName: string }): string {
  return [
    '## When to use this',
    '',
    `Use ${brand.name} to call language models by one API (\`${publicUrl}/v1\`, a key needed), and to learn about its plans, prices and rules (no key needed). Ask with the tool \`${askName}\` at \`${publicUrl}/mcp\`, or with \`POST ${publicUrl}/ask\`. Not for: general web search.`,
  ].join('\n');
}

/** llms.txt (llmstxt.org, v2): the ways in for a model that reads, with every page as Markdown. */
export async function llmsTxt(options: DiscoveryOptions): Promise<string> {
  const { brand, publicUrl, pages, tools, latestVersion } = options;
  const askName = tools.find(({ name }) => name.startsWith('ask_'))?.name ?? 'ask';
  return `${[
    `# ${brand.name}`,
    `> ${brand.description}.`,
    `The API speaks OpenAI's protocol at \`${publicUrl}/v1\`; its contract is dated (now ${latestVersion}). Every page here is Markdown; the whole text is at ${publicUrl}/llms-full.txt.`,
    whenToUse({ ...options, askName }),
    `## Ways in\n\n${surfaceList(options)}`,
    ...bySection(publicUrl, await pages()),
  ].join('\n\n')}\n`;
}

/** The text of every page, one after the other. */
export async function llmsFull({ brand, publicUrl, pages }: DiscoveryOptions): Promise<string> {
  // What the service is doing this moment belongs to its page only: this text is kept.
  const lasting = (await pages()).filter(({ path }) => path !== '/developers/status');
  const texts = await Promise.all(
    lasting.map(async (page) => `<!-- ${publicUrl}${page.path} -->\n\n${(await page.markdown()).trim()}`),
  );
  return `# ${brand.name}: all pages\n\n${texts.join('\n\n---\n\n')}\n`;
}

/** The part of llms.txt below /developers, and the one about the API alone. */
export async function partialLlms(options: DiscoveryOptions, part: 'developers' | 'api'): Promise<string> {
  const { brand, publicUrl, pages } = options;
  if (part === 'developers') {
    const own = (await pages()).filter(({ path }) => path.startsWith('/developers'));
    return `# ${brand.name}: documentation\n\n> How the API of ${brand.name} is used and run.\n\n## Pages\n\n${pageList(publicUrl, own)}\n`;
  }
  return `# ${brand.name}: API\n\n> Addresses of the API of ${brand.name}. All of it is described at ${publicUrl}/openapi.json.\n\n## Surfaces\n\n${surfaceList(options)}\n`;
}
