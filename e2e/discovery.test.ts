import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

const presets = ['simosphere', 'spycore'] as const;
const running = new Map<string, Turnpike>();

beforeAll(async () => {
  for (const preset of presets) running.set(preset, await startTurnpike({ env: { TURNPIKE_PRESET: preset } }));
});
afterAll(cleanUp);

function at(preset: string): Turnpike {
  const turnpike = running.get(preset);
  if (turnpike === undefined) throw new Error('not running');
  return turnpike;
}

const markdown = 'text/markdown; charset=utf-8';
const plain = 'text/plain; charset=utf-8';
const json = 'application/json';
const documents: readonly (readonly [string, string])[] = [
  ['/robots.txt', plain],
  ['/sitemap.xml', 'application/xml; charset=utf-8'],
  ['/sitemap.md', markdown],
  ['/schemamap.xml', 'application/xml; charset=utf-8'],
  ['/schema-feed.jsonl', 'application/jsonl; charset=utf-8'],
  ['/llms.txt', plain],
  ['/llms-full.txt', plain],
  ['/developers/llms.txt', plain],
  ['/api/llms.txt', plain],
  ['/auth.md', markdown],
  ['/.well-known/security.txt', plain],
  ['/.well-known/api-catalog', 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'],
  ['/.well-known/ai-catalog.json', json],
  ['/.well-known/ard.json', json],
  ['/.well-known/agent-skills/index.json', json],
  ['/.well-known/mcp.json', 'application/json; charset=utf-8'],
  ['/.well-known/mcp/manifest.json', json],
  ['/.well-known/mcp/server-card.json', 'application/mcp-server-card+json'],
  ['/mcp/server-card', 'application/mcp-server-card+json'],
  ['/mcp/docs/server-card', 'application/mcp-server-card+json'],
  ['/.well-known/oauth-protected-resource', json],
  ['/.well-known/oauth-protected-resource/mcp', json],
  ['/api/capabilities.php', 'application/json; charset=utf-8'],
  ['/openapi.yaml', 'application/yaml; charset=utf-8'],
];

describe.each(presets)('at %s', (preset) => {
  const get = (path: string, init: RequestInit = {}) => fetch(`${at(preset).url}${path}`, init);
  const read = async <Answer>(path: string) => (await (await get(path)).json()) as Answer;

  test.each(documents)('%s is there, may be read from everywhere, kept, and asked for by HEAD', async (path, type) => {
    const response = await get(path, { headers: { origin: 'https://agent.example' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const body = await response.text();
    expect(body.length).toBeGreaterThan(20);
    expect(body).not.toContain('{{');
    const etag = response.headers.get('etag') ?? '';
    expect((await get(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const head = await get(path, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, type, '']);
  });

  test('every address that a document names answers', async () => {
    const { url } = at(preset);
    const seen = new Set<string>();
    for (const [path] of documents) {
      if (path === '/openapi.yaml' || path === '/llms-full.txt') continue;
      const text = await (await get(path)).text();
      for (const [address = ''] of text.matchAll(new RegExp(`${url}[^\\s"'<>)\\]\`|,;]*`, 'g')))
        seen.add(address.replace(/[.:]+$/, '').replaceAll('\\', ''));
    }
    expect(seen.size).toBeGreaterThan(40);
    const broken: string[] = [];
    for (const address of seen) {
      if (address.includes('{')) continue;
      const { status } = await fetch(address, { redirect: 'manual' });
      // A surface that takes only POST, or only a key, is there as well.
      if (![200, 401, 405].includes(status)) broken.push(`${status} ${address.slice(url.length)}`);
    }
    // The base of an API is no resource of its own; these are posted to, or asked with a parameter.
    expect(broken.toSorted()).toEqual([
      '302 /auth/oauth2/authorize',
      '400 /api/chat-completion.php',
      '404 /auth',
      '404 /auth/oauth2/register',
      '404 /auth/oauth2/revoke',
      '404 /auth/oauth2/token',
      '404 /auth/sign-in/email',
      '404 /auth/sign-up/email',
      '404 /v1',
    ]);
  });

  test('skills are valid, useful, and have the digests of the bytes served', async () => {
    const index = await read<{
      skills: { name: string; description: string; url: string; digest: string; type: string }[];
    }>('/.well-known/agent-skills/index.json');
    expect(index.skills.length).toBeGreaterThanOrEqual(5);
    for (const { name, description, url, digest, type } of index.skills) {
      const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
      expect(digest).toBe(`sha256:${hash('sha256', bytes, 'hex')}`);
      expect(type).toBe('skill-md');
      const [, head = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(bytes.toString('utf8')) ?? [];
      expect(parse(head)).toMatchObject({ name, description });
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(body.split('\n').length).toBeLessThan(500);
      expect(body).toContain(at(preset).url);
    }
  });

  test('catalogues have the form of their specifications', async () => {
    const card = await read<Record<string, unknown>>('/mcp/server-card');
    expect(card).toMatchObject({
      name: expect.stringMatching(/^[a-z0-9.-]+\/[a-z0-9-]+$/) as string,
      remotes: [{ type: 'streamable-http', url: `${at(preset).url}/mcp` }],
    });
    expect(String(card['description']).length).toBeLessThanOrEqual(100);
    expect(card).not.toHaveProperty('tools');
    const catalog = await read<{ specVersion: string; entries: Record<string, unknown>[] }>('/.well-known/ard.json');
    expect(catalog.specVersion).toBe('1.0');
    expect(new Set(catalog.entries.map((entry) => entry['identifier'])).size).toBe(catalog.entries.length);
    const { linkset } = await read<{ linkset: { anchor: string }[] }>('/.well-known/api-catalog');
    expect(linkset.map(({ anchor }) => anchor)).toContain(`${at(preset).url}/v1`);
    const security = await (await get('/.well-known/security.txt')).text();
    const days = (Date.parse(/^Expires: (.+)$/m.exec(security)?.[1] ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(30);
    expect(days).toBeLessThan(365);
  });

  test('the status tells the score of an audit of itself', async () => {
    const { checks } = await read<{ checks: Record<string, { observedValue: number; output: string }[]> }>(
      '/api/status.php',
    );
    expect(checks['agents:orank-score']?.[0]).toMatchObject({ observedValue: 100, output: '44 checks passed' });
  });
});

test('crawlers are told what the operator decides', async () => {
  const strict = await startTurnpike({ config: { hub: { content_signals: { ai_input: false } } } });
  const robots = await (await fetch(`${strict.url}/robots.txt`)).text();
  for (const agent of ['GPTBot', 'ClaudeBot', 'PerplexityBot', 'Google-Extended', '*'])
    expect(robots).toContain(`User-agent: ${agent}\nContent-Signal: search=yes, ai-input=no, ai-train=no\n`);
});

function run(tool: string, args: readonly string[]): Promise<string> {
  const file = join(import.meta.dirname, '../node_modules', tool);
  return promisify(execFile)(process.execPath, [file, ...args], { maxBuffer: 50_000_000 })
    .then(({ stdout }) => stdout)
    .catch((error: unknown) => (error as { stdout: string }).stdout);
}

describe('the scanners of others', () => {
  test('agent-readability finds all but one: that a missing page is 404, which it is on purpose', async () => {
    const report = await run('@vercel/agent-readability/dist/cli/index.cjs', ['audit', at('simosphere').url, '--json']);
    const { categories } = JSON.parse(report) as {
      categories: Record<string, { checks: { name: string; passed: boolean; skipped: boolean }[] }>;
    };
    const checks = Object.values(categories).flatMap((category) => category.checks);
    expect(checks.length).toBeGreaterThanOrEqual(20);
    const missed = checks.filter(({ passed, skipped }) => !passed && !skipped).map(({ name }) => name);
    expect(missed).toEqual(['Missing page → markdown']);
  }, 60_000);

  test('afdocs gives the full score', async () => {
    const report = await run('afdocs/bin/afdocs.mjs', ['check', at('simosphere').url, '--format', 'scorecard']);
    expect(report).toMatch(/Overall Score:\s+100 \/ 100/);
  }, 120_000);
});
