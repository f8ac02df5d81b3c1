import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPages, type Pages, type PagesOptions } from './pages.ts';

const site = 'https://api.example.com';
let folder: string;
let nowMs: number;
let pages: Pages;
let app: FastifyInstance;

async function write(path: string, text: string): Promise<void> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  await utimes(file, new Date('2026-11-01'), new Date('2026-11-01'));
}

function options(): PagesOptions {
  return {
    brand: { name: 'Example', description: 'An API for models' },
    publicUrl: site,
    documentsFolders: [join(folder, 'docs/guide'), join(folder, 'docs')],
    presetFolder: join(folder, 'preset'),
    generated: [
      { name: 'changelog', markdown: () => '# API changelog\n\nNews.\n', updatedAt: () => new Date('2026-05-18') },
    ],
    offers: {
      plans: { small: { title: 'Small', requests_per_minute: 60, limits_per: 'key', trial_days: 14 } },
      models: {},
      catalogues: {
        site: { tagline: 'Models for all.', languages: ['en'] },
        company: {
          name: 'Example GmbH',
          address: 'Street 1, 12345 Town, Germany',
          email: 'a@example.com',
          website: 'https://example.com',
        },
        consulting: [],
        training: [],
        hardware: [{ id: 'box', name: 'Box', price: 349, currency: 'EUR', specs: {} }],
      },
    },
    faq: [{ id: 'a', page: 'limits.md', en: { question: 'Is it </script> safe?', also: [], answer: 'Yes.' } }],
    health: () => Promise.resolve([{ name: 'database:responseTime', status: 'pass', componentType: 'datastore' }]),
    operations: () => [{ method: 'GET', path: '/v1/models', summary: 'List models', tag: 'models' }],
    surfaces: [{ path: '/mcp', title: 'MCP', description: 'Tools' }],
    tools: [
      { name: 'list_models', title: 'Models', description: 'Lists', input: { type: 'object' }, isReadOnly: true },
    ],
    now: () => nowMs,
  };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-pages-'));
  nowMs = Date.UTC(2026, 10, 24);
  await write(
    'docs/guide/limits.md',
    '# Limits\n\nSee [errors](errors.md#x), [operations](../operations.md), [code](../../src/a.ts).\n\n## One\n\nA.\n\n## Two\n\n```sh\ncurl http://127.0.0.1:8420/v1\n```\n',
  );
  await write('docs/guide/errors.md', '# Errors\n\nWhat went wrong.\n\n### `X`\n');
  await write('docs/operations.md', '# Operations\n\nRun it.\n\n![A picture](images/road.png)\n');
  await write('docs/images/road.png', 'the bytes');
  await write('docs/images/notes.txt', 'not for everybody');
  await write(
    'preset/content/pages/about.md',
    '---\ntitle: About us\ndescription: Who we are\n---\n\n# About\n\nWe. [Prices](/pricing)\n',
  );
  pages = createPages(options());
  app = Fastify();
  for (const route of pages.routes)
    app.route({
      method: route.method,
      url: route.path,
      handler: async (request, reply) => {
        if (route.kind === 'raw') await route.handle(request, reply);
        return reply;
      },
    });
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
const text = async (url: string, headers: Record<string, string> = {}) => (await get(url, headers)).body;

describe('a page', () => {
  test('is HTML with one heading of the first rank, what machines read, and nothing inline', async () => {
    const answer = await get('/developers/limits');
    const { body } = answer;
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body.match(/<h1/g)).toHaveLength(1);
    expect(body).toContain('<html lang="en">');
    expect(body).toContain(`<link rel="canonical" href="${site}/developers/limits">`);
    expect(body).toContain(`<link rel="alternate" type="text/markdown" href="${site}/developers/limits.md"`);
    expect(body).toContain('<meta name="description" content="See errors, operations, code.');
    expect(body).toMatch(/<meta property="og:image" content="https:\/\/api\.example\.com\/assets\/social\.png">/);
    expect(body).not.toMatch(/ style=|<style| on\w+="|<script>/);
    expect(String(answer.headers['content-security-policy'])).toContain("default-src 'self'");
    expect(String(answer.headers['content-security-policy'])).not.toContain('unsafe');
  });

  test('leads to other pages, shows this server’s address, and drops links to what is not served', async () => {
    const body = await text('/developers/limits');
    expect(body).toContain('<a href="/developers/errors#x">errors</a>');
    expect(body).toContain('<a href="/developers/operations">operations</a>');
    expect(body).toContain(', code.');
    expect(body).toContain(`curl ${site}/v1`);
    const markdown = await text('/developers/limits.md');
    expect(markdown).toContain(`[errors](${site}/developers/errors.md#x)`);
    expect(markdown).toContain(`curl ${site}/v1`);
  });

  test('shows the pictures beside its file, and nothing else that lies there', async () => {
    const source = /<img src="([^"]+)" alt="A picture"/.exec(await text('/developers/operations'))?.[1] ?? '';
    const picture = await get(new URL(source, `${site}/developers/operations`).pathname);
    expect([picture.statusCode, picture.headers['content-type'], picture.body]).toEqual([
      200,
      'image/png',
      'the bytes',
    ]);
    expect((await get('/developers/images/notes.txt')).statusCode).toBe(404);
  });

  test('names its relatives in the Link header', async () => {
    const link = String((await get('/')).headers['link']);
    for (const rel of ['canonical', 'alternate', 'describedby', 'service-desc', 'api-catalog', 'sitemap'])
      expect(link).toContain(`rel="${rel}"`);
  });

  test('is Markdown with frontmatter for who asks for it, in three ways', async () => {
    const asked = await get('/about', { accept: 'text/markdown' });
    expect(asked.headers['content-type']).toBe('text/markdown; charset=utf-8');
    expect(String(asked.headers['vary'])).toContain('Accept');
    expect(asked.body).toMatch(
      /^---\ntitle: "About us"\ndescription: "Who we are"\ncanonical: "https:\/\/api\.example\.com\/about"\nlast-updated: "2026-11-01"/,
    );
    for (const path of ['/about.md', '/about/index.md']) expect(await text(path)).toBe(asked.body);
    expect(await text('/about', { 'user-agent': 'ClaudeBot/1.0' })).toBe(asked.body);
  });

  test('that cannot be had as asked is 406, and says what can be had', async () => {
    const answer = await get('/about', { accept: 'application/x-nonexistent' });
    expect(answer.statusCode).toBe(406);
    expect(answer.body).toContain('text/markdown');
  });

  test('is not sent again to who has it, and is sent small', async () => {
    const first = await get('/about', { 'accept-encoding': 'br' });
    expect(first.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(first.rawPayload).toString()).toBe(await text('/about'));
    const again = await get('/about', { 'accept-encoding': 'br', 'if-none-match': String(first.headers['etag']) });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe('');
    const other = await get('/about', { 'if-none-match': String(first.headers['etag']) });
    expect(other.statusCode).toBe(200);
    expect((await app.inject({ method: 'HEAD', url: '/about' })).headers['content-length']).toBe(
      String(other.rawPayload.length),
    );
  });

  test('with a slash at its end leads to it without, query and all', async () => {
    const answer = await get('/about/?a=1');
    expect([answer.statusCode, answer.headers['location']]).toEqual([308, '/about?a=1']);
    expect((await get('/developers/pricing.md')).headers['location']).toBe('/pricing.md');
  });

  test('that changes on disk is read again', async () => {
    expect(await text('/about')).toContain('We.');
    await write('preset/content/pages/about.md', '# About\n\nThey.\n');
    await utimes(join(folder, 'preset/content/pages/about.md'), new Date('2026-11-02'), new Date('2026-11-02'));
    nowMs += 5_000;
    expect(await text('/about')).toContain('They.');
    expect((await pages.listPages()).find(({ path }) => path === '/about')?.title).toBe('About');
  });
});

describe('pages made from what the program knows', () => {
  test('are all there, each with a title and a description', async () => {
    const list = await pages.listPages();
    const paths = list.map(({ path }) => path);
    for (const path of [
      '/',
      '/developers',
      '/developers/changelog',
      '/developers/status',
      '/developers/reference',
      '/pricing',
      '/faq',
    ])
      expect(paths).toContain(path);
    expect(paths).not.toContain('/faq/de');
    expect(new Set(paths).size).toBe(paths.length);
    for (const { path, title, description, markdown } of list) {
      expect(title, path).not.toBe('');
      expect(description, path).not.toBe('');
      expect(await markdown(), path).toMatch(/^# /);
    }
  });

  test('say in JSON-LD who runs the site, what is sold and what is asked, and cannot leave their element', async () => {
    const graphOf = async (path: string): Promise<Record<string, unknown>[]> => {
      const block = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(await text(path))?.[1] ?? '';
      const parsed: unknown = JSON.parse(block);
      return (parsed as { '@graph': Record<string, unknown>[] })['@graph'];
    };
    const home = await graphOf('/');
    expect(home[0]).toMatchObject({
      '@type': 'Organization',
      name: 'Example GmbH',
      address: { streetAddress: 'Street 1', postalCode: '12345', addressLocality: 'Town', addressCountry: 'Germany' },
      contactPoint: { '@type': 'ContactPoint', email: 'a@example.com' },
      sameAs: ['https://example.com'],
    });
    const types = async (path: string) => (await graphOf(path)).map((entry) => entry['@type']);
    expect(await types('/pricing')).toEqual(
      expect.arrayContaining(['Service', 'Product', 'BreadcrumbList', 'WebSite']),
    );
    expect(await types('/faq')).toContain('FAQPage');
    expect(JSON.stringify(await graphOf('/faq'))).toContain('Is it </script> safe?');
  });

  test('show the state of this moment and are not kept', async () => {
    const answer = await get('/developers/status');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toContain('2026-11-24T00:00:00.000Z');
  });

  test('show a program the whole site at once', async () => {
    const answer = await get('/?mode=agent');
    const view = answer.json<{ name: string; pages: { url: string; markdown: string }[]; tools: { name: string }[] }>();
    expect(answer.headers['content-type']).toContain('application/json');
    expect(view.name).toBe('Example');
    expect(view.tools).toEqual([{ name: 'list_models', description: 'Lists' }]);
    expect(view.pages).toContainEqual(expect.objectContaining({ url: `${site}/about`, markdown: `${site}/about.md` }));
    expect(await text('/?mode=agent', { accept: 'text/markdown' })).toMatch(/^---\n/);
  });
});

describe('the files pages load', () => {
  test('all come from this server and are there', async () => {
    const body = await text('/developers/reference');
    const urls = [...body.matchAll(/(?:src|data-script)="([^"]+)"|rel="(?:stylesheet|icon)" href="([^"]+)"/g)];
    expect(urls.length).toBeGreaterThan(6);
    for (const [, source, sheet] of urls) {
      const url = source ?? sheet ?? '';
      expect(url).toMatch(/^\/assets\//);
      expect((await get(url)).statusCode, url).toBe(200);
    }
  });

  test('are kept for ever at the address of their version, else briefly', async () => {
    const url = /href="(\/assets\/site\.css\?v=[^"]+)"/.exec(await text('/'))?.[1] ?? '';
    expect((await get(url)).headers['cache-control']).toContain('immutable');
    expect((await get('/assets/site.css')).headers['cache-control']).toBe('public, max-age=300');
  });

  test('hold the tools for an agent in the browser', async () => {
    expect(await text('/assets/webmcp.js')).toContain('[{"name":"list_models"');
  });
});

describe('where no page is', () => {
  test('people get a page and agents Markdown, both with ways on', async () => {
    const ask = (accept: string) =>
      pages.renderNotFound({ method: 'GET', path: '/limit', accept, userAgent: undefined });
    const html = await ask('text/html');
    expect(html?.status).toBe(404);
    expect(html?.body).toContain('<h1 id="page-not-found">');
    expect(html?.body).toContain('href="/developers/limits"');
    const markdown = await ask('text/markdown');
    expect(markdown?.headers['content-type']).toBe('text/markdown; charset=utf-8');
    expect(markdown?.body).toContain(`${site}/developers/limits.md`);
    expect(await ask('application/json')).toBeUndefined();
  });
});
