import { join } from 'node:path';
import type { FaqFile } from '../../knowledge/faq-file.ts';
import type { Language } from '../../knowledge/language.ts';
import type { HealthCheck } from '../health.ts';
import type { Brand } from './brand.ts';
import {
  faqGraph,
  faqMarkdown,
  hasLanguage,
  homeMarkdown,
  overviewMarkdown,
  referenceMarkdown,
  statusMarkdown,
  type Operation,
  type Surface,
} from './made-pages.ts';
import { offersGraph, pricingMarkdown, type Offers } from './offers.ts';
import type { PageInfo, PageSection } from './page.ts';
import {
  describeText,
  fileSource,
  listPageFiles,
  preparedMarkdown,
  type LinkMap,
  type PageFile,
} from './page-files.ts';
import type { PageSource, PageText } from './page-source.ts';

/** A page of the documentation made from what the program declares. */
export interface GeneratedPage {
  /** `changelog`: shown at `/developers/changelog`. */
  readonly name: string;
  readonly markdown: () => string;
  readonly updatedAt: () => Date;
}

export interface PageLibraryOptions {
  readonly brand: Brand;
  /** Origin of this server. */
  readonly publicUrl: string;
  /** Documentation for users first, then for operators; of two pages with one name the first is shown. */
  readonly documentsFolders: readonly string[];
  /** `content/pages/*.md` in it are pages at the root, `content/pages/developers/*.md` under `/developers`. */
  readonly presetFolder: string;
  readonly generated: readonly GeneratedPage[];
  readonly offers: Offers;
  readonly faq: FaqFile;
  readonly health: () => Promise<readonly HealthCheck[]>;
  /** What the API reference lists. */
  readonly operations: () => readonly Operation[];
  /** Fixed addresses for machines, shown on the overview. */
  readonly surfaces: readonly Surface[];
  readonly now: () => number;
}

export interface PageLibrary {
  readonly sources: readonly PageSource[];
  list(): Promise<readonly PageInfo[]>;
}

/** How old the list of titles may be: files are looked at that often. */
const listAgeMs = 2_000;

async function infoOf(source: PageSource): Promise<PageInfo> {
  const { title, description, updatedAt } = source.summary?.() ?? (await source.read());
  return {
    ...{ path: source.path, section: source.section, title, description, updatedAt },
    markdown: async () => (await source.read()).markdown,
  };
}

async function infosOf(sources: readonly PageSource[]): Promise<PageInfo[]> {
  return await Promise.all(sources.map(infoOf));
}

function newest(pages: readonly PageInfo[]): Date {
  return new Date(Math.max(0, ...pages.map(({ updatedAt }) => updatedAt.getTime())));
}

interface Made {
  readonly path: string;
  readonly section: PageSection;
  readonly description?: string;
  readonly markdown: () => Promise<{ readonly text: string; readonly updatedAt: Date }>;
}

class Builder {
  readonly #options: PageLibraryOptions;
  readonly #links: LinkMap;
  readonly #startedAt: Date;
  readonly #files: readonly PageFile[];

  constructor(options: PageLibraryOptions) {
    this.#options = options;
    this.#startedAt = new Date(options.now());
    const { presetFolder, documentsFolders } = options;
    const own = join(presetFolder, 'content', 'pages');
    const [guide = '', ...others] = documentsFolders;
    this.#files = [
      ...listPageFiles(own, '', 'company'),
      ...listPageFiles(join(own, 'developers'), '/developers', 'developers'),
      ...listPageFiles(guide, '/developers', 'developers'),
      ...others.flatMap((folder) => listPageFiles(folder, '/developers', 'operations')),
    ];
    const paths = new Set<string>();
    const byFile = new Map<string, string>();
    for (const { path, file } of this.#files) {
      if (!paths.has(path)) byFile.set(file, path);
      paths.add(path);
    }
    for (const path of ['/', '/developers', '/developers/status', '/developers/reference', '/pricing']) paths.add(path);
    for (const { name } of options.generated) paths.add(`/developers/${name}`);
    for (const { path } of this.#faqLanguages()) paths.add(path);
    this.#links = {
      publicUrl: options.publicUrl,
      pathOfFile: (file) => byFile.get(file),
      isPage: (path) => paths.has(path),
    };
  }

  #faqLanguages(): { readonly path: string; readonly language: Language }[] {
    const all = [
      { path: '/faq', language: 'en' },
      { path: '/faq/de', language: 'de' },
    ] as const;
    return all.filter(({ language }) => hasLanguage(this.#options.faq, language));
  }

  #made({ path, section, description, markdown }: Made): PageSource {
    const read = async (): Promise<PageText> => {
      const { text, updatedAt } = await markdown();
      return describeText(preparedMarkdown(text, undefined, this.#links), { description, updatedAt });
    };
    return { path, section, name: path.slice(path.lastIndexOf('/') + 1), read };
  }

  #still(path: string, section: PageSection, text: () => string): PageSource {
    return this.#made({ path, section, markdown: () => Promise.resolve({ text: text(), updatedAt: this.#startedAt }) });
  }

  #status(): PageSource {
    const { brand, health, now } = this.#options;
    const description = `Whether ${brand.name} works right now, component by component.`;
    const updatedAt = () => new Date(now());
    return {
      ...this.#made({
        path: '/developers/status',
        section: 'developers',
        description,
        markdown: async () => ({ text: statusMarkdown(brand, await health(), now()), updatedAt: updatedAt() }),
      }),
      isLive: true,
      summary: () => ({ title: 'Status', description, updatedAt: updatedAt(), language: 'en' }),
    };
  }

  #pricing(): PageSource {
    const { brand, publicUrl, offers } = this.#options;
    return {
      ...this.#still('/pricing', 'company', () => pricingMarkdown(brand.name, offers)),
      structuredData: () => Promise.resolve(offersGraph(brand.name, publicUrl, offers)),
    };
  }

  /** Pages that need no other page. */
  #basics(): PageSource[] {
    const { brand, generated, operations } = this.#options;
    return [
      ...this.#files.filter(({ path }) => path !== '/').map((file) => fileSource(file, this.#links)),
      ...generated.map(({ name, markdown, updatedAt }) =>
        this.#made({
          path: `/developers/${name}`,
          section: 'developers',
          markdown: () => Promise.resolve({ text: markdown(), updatedAt: updatedAt() }),
        }),
      ),
      this.#status(),
      this.#still('/developers/reference', 'developers', () => referenceMarkdown(brand, operations())),
      this.#pricing(),
    ];
  }

  #questions(basics: readonly PageSource[]): PageSource[] {
    const { brand, faq, publicUrl } = this.#options;
    return this.#faqLanguages().map(({ path, language }) => ({
      ...this.#made({
        ...{ path, section: 'company' },
        markdown: async () => ({
          text: faqMarkdown(brand, faq, language, await infosOf(basics)),
          updatedAt: this.#startedAt,
        }),
      }),
      name: language === 'en' ? 'faq' : 'faq-de',
      structuredData: () => Promise.resolve(faqGraph(faq, language, `${publicUrl}${path}`)),
    }));
  }

  #overview(others: readonly PageSource[]): PageSource {
    const { brand, publicUrl, surfaces } = this.#options;
    return this.#made({
      path: '/developers',
      section: 'developers',
      markdown: async () => {
        const pages = await infosOf(others);
        return { text: overviewMarkdown(brand, publicUrl, pages, surfaces), updatedAt: newest(pages) };
      },
    });
  }

  #home(others: readonly PageSource[]): PageSource {
    const { brand, publicUrl, offers } = this.#options;
    const file = this.#files.find(({ path }) => path === '/');
    const own = file === undefined ? undefined : fileSource(file, this.#links);
    return this.#made({
      path: '/',
      section: 'home',
      description: `${brand.description.replace(/\.$/, '')}.`,
      markdown: async () => {
        const pages = await infosOf(others);
        const text = (await own?.read())?.markdown;
        return { text: homeMarkdown({ brand, origin: publicUrl, offers, pages, own: text }), updatedAt: newest(pages) };
      },
    });
  }

  /** Of two sources for one path the first counts: a preset's page stands before the project's. */
  sources(): PageSource[] {
    const basics = this.#basics();
    const most = [...basics, ...this.#questions(basics)];
    const overview = this.#overview(most);
    const all = [this.#home([overview, ...most]), overview, ...most];
    const seen = new Set<string>();
    return all.filter(({ path }) => !seen.has(path) && seen.add(path));
  }
}

/** All pages there are. Their texts are read when they are asked for. */
export function createPageLibrary(options: PageLibraryOptions): PageLibrary {
  const sources = new Builder(options).sources();
  let known: { readonly atMs: number; readonly pages: Promise<readonly PageInfo[]> } | undefined;
  return {
    sources,
    list: () => {
      const nowMs = options.now();
      if (known !== undefined && nowMs - known.atMs < listAgeMs) return known.pages;
      const pages = infosOf(sources);
      known = { atMs: nowMs, pages };
      // A file that could not be read is tried again at the next call.
      pages.catch(() => {
        if (known?.pages === pages) known = undefined;
      });
      return pages;
    },
  };
}
