import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type ApiRoute } from '../../http/api-route.ts';
import { createAssets, type PageTool } from './assets.ts';
import { negotiate, type PageForm } from './negotiate.ts';
import { missingForm, type MissingRequest } from './not-found.ts';
import { markdownPath, type PageInfo } from './page.ts';
import { linkHeader, referencePolicy, secureHeaders, strictPolicy } from './page-headers.ts';
import { createPageLibrary, type PageLibraryOptions } from './page-library.ts';
import type { PageSource } from './page-source.ts';
import { PageView } from './page-view.ts';
import { pictureRoutes } from './pictures.ts';
import { createRepresentation, sendRepresentation } from './representation.ts';

export interface PagesOptions extends PageLibraryOptions {
  /** Offered to agents in the browser: public tools that change nothing. */
  readonly tools: readonly PageTool[];
  /** Where people sign in, where they can. */
  readonly consolePath?: string;
}

export interface MissingPage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Pages {
  readonly routes: readonly ApiRoute[];
  /** All pages: for the sitemap, llms.txt, MCP resources and the search index. */
  listPages(): Promise<readonly PageInfo[]>;
  /** What is answered where nothing is; undefined: the JSON error. */
  renderNotFound(request: MissingRequest): Promise<MissingPage | undefined>;
}

const contentTypes: Readonly<Record<Exclude<PageForm, 'html'>, string>> = {
  markdown: 'text/markdown; charset=utf-8',
  plain: 'text/plain; charset=utf-8',
};
const pageCaching = 'public, max-age=300, must-revalidate';
/** The form depends on both; Accept-Encoding on the bytes. */
const vary = 'Accept, User-Agent, Accept-Encoding';

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

interface RouteInput {
  readonly path: string;
  readonly summary: string;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

function pageRoute({ path, summary, handle }: RouteInput): ApiRoute {
  return rawRoute({
    ...{ path, summary, handle },
    method: 'GET',
    operationId: `page${path.replaceAll(/[^A-Za-z0-9]+/g, '_')}${path.endsWith('/') ? 'slash' : ''}`,
    tag: 'pages',
    security: 'none',
    hidden: true,
    unversioned: true,
    responses: { 200: { description: 'The page' } },
  });
}

/** Sends everybody on, with the query they came with. */
function redirectRoute(path: string, target: string): ApiRoute {
  return pageRoute({
    path,
    summary: `Leads to ${target}`,
    handle: (request, reply) => {
      const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
      const headers = { location: `${target}${query}`, 'cache-control': 'public, max-age=3600' };
      const representation = createRepresentation('', 'text/plain; charset=utf-8');
      return sendRepresentation(request, reply, { status: 308, headers, representation });
    },
  });
}

/** Other addresses under which pages are looked for. */
const aliases: Readonly<Record<string, string>> = {
  '/docs': '/developers',
  '/status': '/developers/status',
  '/changelog': '/developers/changelog',
  '/developers/pricing': '/pricing',
  '/developers/faq': '/faq',
  '/legal': '/impressum',
};

class PageServer {
  readonly #options: PagesOptions;
  readonly #view: PageView;
  readonly #list: () => Promise<readonly PageInfo[]>;

  constructor(options: PagesOptions, view: PageView, list: () => Promise<readonly PageInfo[]>) {
    this.#options = options;
    this.#view = view;
    this.#list = list;
  }

  routesOf(source: PageSource): ApiRoute[] {
    const { path } = source;
    const summary = `The page ${path}`;
    const negotiated = pageRoute({
      ...{ path, summary },
      handle: (request, reply) => this.#negotiated(source, request, reply),
    });
    const twins = [...new Set([markdownPath(path), path === '/' ? '/index.md' : `${path}/index.md`])];
    return [
      negotiated,
      ...twins.map((twin) =>
        pageRoute({
          path: twin,
          summary: `${summary} as Markdown`,
          handle: (request, reply) => this.#send(source, 'markdown', request, reply, 'Accept-Encoding'),
        }),
      ),
      ...(path === '/' ? [] : [redirectRoute(`${path}/`, path)]),
    ];
  }

  async #negotiated(source: PageSource, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { accept, 'user-agent': agent } = request.headers;
    const mode = new URLSearchParams(request.url.split('?')[1]).get('mode');
    const form = negotiate(accept, first(agent));
    if (mode === 'agent' && source.path === '/' && form !== 'markdown') {
      await this.#agentView(request, reply);
      return;
    }
    if (form === undefined) {
      const text = `This page can be had as text/html, text/markdown and text/plain. Send one of them in Accept, or */*.\n`;
      const representation = createRepresentation(text, 'text/plain; charset=utf-8');
      const headers = { vary, 'cache-control': 'no-store' };
      await sendRepresentation(request, reply, { status: 406, headers, representation });
      return;
    }
    await this.#send(source, mode === 'agent' ? 'markdown' : form, request, reply, vary);
  }

  async #send(
    source: PageSource,
    form: PageForm,
    request: FastifyRequest,
    reply: FastifyReply,
    varyBy: string,
  ): Promise<void> {
    const { publicUrl } = this.#options;
    const common = {
      vary: varyBy,
      link: linkHeader(publicUrl, source.path),
      'cache-control': source.isLive === true ? 'no-store' : pageCaching,
    };
    if (form !== 'html') {
      const representation = await this.#view.markdown(source, contentTypes[form]);
      await sendRepresentation(request, reply, { status: 200, headers: common, representation });
      return;
    }
    const policy = source.path === '/developers/reference' ? referencePolicy : strictPolicy;
    const headers = { ...common, ...secureHeaders, 'content-security-policy': policy };
    await sendRepresentation(request, reply, { status: 200, headers, representation: await this.#view.html(source) });
  }

  /** The front door for a program: what is here and where, as JSON. */
  async #agentView(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { brand, publicUrl, surfaces, offers, tools } = this.#options;
    const pages = await this.#list();
    const { company, site } = offers.catalogues;
    const body = {
      name: brand.name,
      description: brand.description,
      url: `${publicUrl}/`,
      ...(site.languages === undefined ? {} : { languages: site.languages }),
      ...(company?.email === undefined ? {} : { contact: company.email }),
      api: {
        base_url: `${publicUrl}/v1`,
        openapi: `${publicUrl}/openapi.json`,
        authentication: `${publicUrl}/developers/authentication.md`,
      },
      models: Object.keys(offers.models),
      surfaces: surfaces.map(({ path, title, description }) => ({ title, url: `${publicUrl}${path}`, description })),
      tools: tools.map(({ name, description }) => ({ name, description })),
      pages: pages.map(({ path, title, description, section }) => ({
        ...{ title, description, section },
        url: `${publicUrl}${path}`,
        markdown: `${publicUrl}${markdownPath(path)}`,
      })),
    };
    const representation = createRepresentation(
      `${JSON.stringify(body, undefined, 2)}\n`,
      'application/json; charset=utf-8',
    );
    const headers = { vary, link: linkHeader(publicUrl, '/'), 'cache-control': pageCaching };
    await sendRepresentation(request, reply, { status: 200, headers, representation });
  }
}

/** The pages of the site and the files they load. */
export function createPages(options: PagesOptions): Pages {
  const { brand, publicUrl, offers } = options;
  const library = createPageLibrary(options);
  const assets = createAssets(options.presetFolder, options.tools);
  const view = new PageView({
    ...{ brand, publicUrl, offers, library },
    asset: assets.url,
    consolePath: options.consolePath,
  });
  const list = () => library.list();
  const server = new PageServer(options, view, list);
  const paths = new Set(library.sources.map(({ path }) => path));
  const redirects = Object.entries(aliases)
    .filter(([from, to]) => paths.has(to) && !paths.has(from))
    .flatMap(([from, to]) => [redirectRoute(from, to), redirectRoute(markdownPath(from), markdownPath(to))]);
  return {
    routes: [
      ...library.sources.flatMap((source) => server.routesOf(source)),
      ...redirects,
      ...assets.routes,
      ...pictureRoutes(options.documentsFolders),
    ],
    listPages: list,
    renderNotFound: async (request) => {
      const form = missingForm(request);
      if (form === undefined) return undefined;
      const headers = {
        vary: 'Accept, User-Agent',
        'cache-control': 'no-store',
        link: linkHeader(publicUrl, undefined),
      };
      const body = await view.missing(request.path, form);
      return form === 'markdown'
        ? { status: 404, headers: { ...headers, 'content-type': contentTypes.markdown }, body }
        : {
            status: 404,
            headers: {
              ...headers,
              ...secureHeaders,
              'content-type': 'text/html; charset=utf-8',
              'content-security-policy': strictPolicy,
            },
            body,
          };
    },
  };
}
