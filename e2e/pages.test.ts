import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

const run = promisify(execFile);
let turnpike: Turnpike;
let env: Record<string, string>;
let folder: string;

beforeAll(async () => {
  const open = { hub: { asks_per_hour: 1_000, jobs_per_hour: 1_000 }, tools: { calls_per_hour: 1_000 } };
  turnpike = await startTurnpike({ config: open });
  const { key } = await turnpike.createKey('personal');
  env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', TURNPIKE_KEY: key };
  // Beside the packages that the examples import.
  folder = await mkdtemp(join(import.meta.dirname, 'pages-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await cleanUp();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${turnpike.url}${path}`, { headers, redirect: 'manual' });
const text = async (path: string, headers: Record<string, string> = {}) => (await get(path, headers)).text();

interface AgentView {
  readonly pages: readonly { readonly url: string; readonly markdown: string; readonly title: string }[];
}
async function everyPage(): Promise<{ path: string; markdownPath: string }[]> {
  const { pages } = (await (await get('/?mode=agent')).json()) as AgentView;
  const pathOf = (url: string) => url.slice(turnpike.url.length);
  return pages.map(({ url, markdown }) => ({ path: pathOf(url), markdownPath: pathOf(markdown) }));
}

/** The code blocks of a page in a language, as the page shows them. */
async function examples(path: string, language: string): Promise<string[]> {
  const markdown = await text(`${path}.md`);
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );
}

describe('every page', () => {
  test('is there as HTML and as Markdown, with one h1 and headings in order', async () => {
    const pages = await everyPage();
    expect(pages.length).toBeGreaterThan(30);
    for (const { path, markdownPath } of pages) {
      const page = await get(path, { accept: 'text/html' });
      const html = await page.text();
      expect(page.status, path).toBe(200);
      expect(html.match(/<h1/g), path).toHaveLength(1);
      const levels = [...html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
      for (const [index, level] of levels.entries())
        expect(level, `${path}: heading ${index}`).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1);
      expect(html.replaceAll(/<[^>]*>/g, '').length, path).toBeGreaterThan(500);
      const twin = await get(markdownPath);
      expect(twin.headers.get('content-type'), markdownPath).toBe('text/markdown; charset=utf-8');
      expect(await twin.text(), markdownPath).toMatch(/^---\ntitle: /);
    }
  });

  test('leads only to what is there, in both forms', async () => {
    const known = new Map<string, number>();
    const promisedElsewhere = /^\/(llms|sitemap|robots|auth\.md|mcp|\.well-known)/;
    for (const { path, markdownPath } of await everyPage()) {
      const links = [
        ...[...(await text(path)).matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, href = '']) => href),
        ...[...(await text(markdownPath)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = '']) => href),
      ].map((href) => href.replace(turnpike.url, '').split('#')[0] ?? '');
      for (const link of links.filter((href) => href.startsWith('/') && !promisedElsewhere.test(href))) {
        const status = known.get(link) ?? (await get(link)).status;
        known.set(link, status);
        expect(status, `${path} leads to ${link}`).toBe(200);
      }
    }
    expect(known.size).toBeGreaterThan(40);
  });

  test('says where in itself its links lead', async () => {
    for (const { path } of await everyPage()) {
      const html = await text(path);
      const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
      for (const [, anchor] of html.matchAll(/href="#([^"]+)"/g)) expect(ids, path).toContain(anchor);
    }
  });
});

test('the address an error names leads to what is said about it', async () => {
  const html = await text('/developers/errors');
  expect(html).toContain('id="rate_limit_exceeded"');
});

test('where no page is, people get HTML, agents Markdown, and programs JSON', async () => {
  const ask = async (path: string, accept: string) => {
    const answer = await get(path, { accept });
    return [answer.status, answer.headers.get('content-type')?.split(';')[0]];
  };
  expect(await ask('/developers/quickstrat', 'text/html')).toEqual([404, 'text/html']);
  expect(await ask('/developers/quickstrat.md', 'text/markdown')).toEqual([404, 'text/markdown']);
  expect(await ask('/nowhere', '*/*')).toEqual([404, 'application/json']);
  expect(await ask('/api/nowhere', 'text/html')).toEqual([404, 'application/json']);
  expect(await ask('/v1/nowhere', 'text/markdown')).toEqual([404, 'application/json']);
});

describe('examples run as the pages show them', () => {
  test.each([
    ['/developers/quickstart', 1],
    ['/developers/streaming', 1],
    ['/developers/idempotency', 1],
    ['/developers/tools', 2],
    ['/developers/jobs', 2],
    ['/developers/nlweb', 3],
    ['/developers/agents', 2],
  ])('%s in the shell', async (path, count) => {
    const found = await examples(path, 'sh');
    expect(found).toHaveLength(count);
    for (const code of found) {
      expect(code).toContain(turnpike.url);
      const { stdout } = await run('sh', ['-c', code.replaceAll('curl ', 'curl -sS --fail-with-body ')], { env });
      expect(stdout.length, code).toBeGreaterThan(100);
    }
  });

  test('TypeScript', async () => {
    const [code = ''] = await examples('/developers/quickstart', 'ts');
    expect(code).toContain(turnpike.url);
    const file = join(folder, 'example.mts');
    await writeFile(file, code);
    expect((await run(process.execPath, [file], { env })).stdout).toContain('429');
  });

  test('Python', async () => {
    const [code = ''] = await examples('/developers/quickstart', 'python');
    expect((await run('python3', ['-c', code], { env })).stdout).toContain('429');
  });

  test('Go', async (context) => {
    const hasGo = await run('go', ['version'], { env }).then(
      () => true,
      () => false,
    );
    if (!hasGo) context.skip('go is not installed here');
    const [code = ''] = await examples('/developers/quickstart', 'go');
    const file = join(folder, 'main.go');
    await writeFile(file, code);
    const { stdout } = await run('go', ['run', file], { env: { ...env, GOFLAGS: '-mod=mod', GO111MODULE: 'off' } });
    expect(stdout).toContain('429');
  }, 120_000);
});

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const isOptional = process.env['TURNPIKE_REQUIRE_SERVERS'] !== '1';

describe.skipIf(isOptional && !existsSync(executablePath))('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
  });

  test.each([1280, 390])('pages keep their policy, ask nobody else and fit a width of %i', async (width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const trouble: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(turnpike.url)) trouble.push(`asked ${request.url()}`);
    });
    for (const path of ['/', '/developers', '/developers/quickstart', '/developers/errors', '/pricing', '/faq']) {
      await page.goto(`${turnpike.url}${path}`, { waitUntil: 'networkidle' });
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(overflow, path).toBe(0);
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  test('the theme is chosen with a button and stays', async () => {
    const page = await browser.newPage({ colorScheme: 'light' });
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.goto(`${turnpike.url}/developers`);
    const light = await background();
    await page.getByRole('button', { name: 'Dark theme' }).click();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.goto(`${turnpike.url}/pricing`);
    expect(await background()).toBe(dark);
    await page.close();
  });

  test('the interactive reference is drawn from this server alone', async () => {
    const page = await browser.newPage();
    const strangers: string[] = [];
    page.on('request', (request) => {
      if (/^https?:/.test(request.url()) && !request.url().startsWith(turnpike.url)) strangers.push(request.url());
    });
    await page.goto(`${turnpike.url}/developers/reference`);
    await page.getByRole('button', { name: 'Open the interactive reference' }).click();
    await page.getByRole('heading', { name: 'Answer a conversation', exact: true }).waitFor({ timeout: 30_000 });
    expect(strangers).toEqual([]);
    await page.close();
  }, 60_000);

  test('an agent finds tools that run', async () => {
    const page = await browser.newPage();
    await page.addInitScript(`
      window.registered = [];
      document.modelContext = { registerTool: (tool) => window.registered.push(tool) };
    `);
    await page.goto(`${turnpike.url}/`, { waitUntil: 'networkidle' });
    const names = await page.evaluate('window.registered.map((tool) => tool.name)');
    expect(names).toEqual(expect.arrayContaining(['ask_simosphere', 'list_models', 'search_documentation']));
    const call = (name: string, args: object) =>
      page.evaluate(
        `window.registered.find((tool) => tool.name === ${JSON.stringify(name)}).execute(${JSON.stringify(args)})`,
      );
    expect(JSON.stringify(await call('list_models', {}))).toContain('turnpike-demo');
    expect(JSON.stringify(await call('search_documentation', { query: 'How do I rotate a key?' }))).toContain(
      '/developers/authentication',
    );
    await page.close();
  });
});
