import { errorMessage } from '../../errors.ts';

export interface OwnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface OwnRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export type FetchOwn = (request: OwnRequest) => Promise<OwnAnswer>;

export interface ReadinessCheck {
  readonly id: string;
  readonly passed: boolean;
  /** What was seen, where it did not pass. */
  readonly detail: string;
}

export interface Readiness {
  /** 0 to 100: the weighted part of the checks that passed. */
  readonly score: number;
  readonly checks: readonly ReadinessCheck[];
}

/** A requirement, and what would be seen of it from outside. @throws Error saying what is missing */
interface Requirement {
  readonly id: string;
  /** Required checks count four times as much as those that are recommended. */
  readonly weight: 4 | 1;
  readonly look: (fetch: FetchOwn) => Promise<void>;
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function type(answer: OwnAnswer): string {
  return answer.headers['content-type'] ?? '';
}

async function ok(fetch: FetchOwn, request: OwnRequest, wanted = ''): Promise<OwnAnswer> {
  const answer = await fetch(request);
  must(answer.status === 200, `${request.path} answers ${answer.status}`);
  must(type(answer).includes(wanted), `${request.path} is ${type(answer)}`);
  return answer;
}

async function json(fetch: FetchOwn, path: string): Promise<Record<string, unknown>> {
  const { body } = await ok(fetch, { path }, 'json');
  return JSON.parse(body) as Record<string, unknown>;
}

function text(fetch: FetchOwn, path: string, pattern: RegExp): Promise<void> {
  return ok(fetch, { path }).then(({ body }) => {
    must(pattern.test(body), `${path} lacks ${pattern.source}`);
  });
}

async function listed(fetch: FetchOwn, path: string, member: string): Promise<readonly Record<string, unknown>[]> {
  const entries = (await json(fetch, path))[member];
  must(Array.isArray(entries) && entries.length > 0, `${path} has no ${member}`);
  return entries as Record<string, unknown>[];
}

const html = { accept: 'text/html' };
const markdown = { accept: 'text/markdown' };

function rpc(method: string, params: object = {}): OwnRequest {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  return { method: 'POST', path: '/mcp', headers, body: { jsonrpc: '2.0', id: 1, method, params } };
}

async function mcpResult(fetch: FetchOwn, method: string, params?: object): Promise<Record<string, unknown>> {
  const { body } = await ok(fetch, rpc(method, params));
  return (JSON.parse(body) as { result?: Record<string, unknown> }).result ?? {};
}

/** How agents find their way here. */
const discovery: readonly Requirement[] = [
  {
    id: 'ard-catalog',
    weight: 4,
    look: async (fetch) => void (await listed(fetch, '/.well-known/ard.json', 'entries')),
  },
  {
    id: 'ard-entries-valid',
    weight: 1,
    look: async (fetch) => {
      for (const entry of await listed(fetch, '/.well-known/ai-catalog.json', 'entries')) {
        must(
          /^urn:air:[^:]+:[^:]+:[^:]+$/.test(String(entry['identifier'])),
          `identifier ${String(entry['identifier'])}`,
        );
        must(
          typeof entry['displayName'] === 'string' && typeof entry['type'] === 'string',
          'an entry lacks a name or type',
        );
        must(
          (entry['url'] === undefined) !== (entry['data'] === undefined),
          'an entry has not just one of url and data',
        );
      }
    },
  },
  {
    id: 'robots-ai-policy-quality',
    weight: 4,
    look: (fetch) => text(fetch, '/robots.txt', /User-agent: GPTBot\nContent-Signal:/),
  },
  { id: 'robots-agent-user-policy', weight: 4, look: (fetch) => text(fetch, '/robots.txt', /User-agent: Claude-User/) },
  { id: 'sitemap', weight: 4, look: (fetch) => text(fetch, '/sitemap.xml', /<loc>/) },
  {
    id: 'sitemap-lastmod',
    weight: 1,
    look: (fetch) => text(fetch, '/sitemap.xml', /<lastmod>\d{4}-\d\d-\d\d<\/lastmod>/),
  },
  { id: 'llms-txt-exists', weight: 4, look: (fetch) => text(fetch, '/llms.txt', /^# .+\n/) },
  {
    id: 'llms-txt-formatting',
    weight: 1,
    look: async (fetch) => {
      const { body } = await ok(fetch, { path: '/llms.txt' });
      must(body.length < 30_000, `llms.txt has ${body.length} characters`);
      must(/^- \[[^\]]+\]\(https?:/m.test(body), 'llms.txt has no links');
    },
  },
  { id: 'agent-instruction', weight: 4, look: (fetch) => text(fetch, '/llms.txt', /^## When to use this$/m) },
  { id: 'modular-llms-txt', weight: 1, look: (fetch) => text(fetch, '/developers/llms.txt', /^# /) },
  { id: 'llms-full', weight: 1, look: (fetch) => text(fetch, '/llms-full.txt', /^# /) },
  {
    id: 'agent-discovery-file',
    weight: 4,
    look: async (fetch) => {
      for (const skill of await listed(fetch, '/.well-known/agent-skills/index.json', 'skills')) {
        must(/^sha256:[0-9a-f]{64}$/.test(String(skill['digest'])), 'a skill lacks a digest');
        await ok(fetch, { path: new URL(String(skill['url'])).pathname }, 'text/markdown');
      }
    },
  },
  {
    id: 'api-catalog-rfc9727',
    weight: 4,
    look: async (fetch) => void (await listed(fetch, '/.well-known/api-catalog', 'linkset')),
  },
  {
    id: 'security-txt',
    weight: 1,
    look: (fetch) => text(fetch, '/.well-known/security.txt', /^Contact: .+\nExpires: /),
  },
  { id: 'nlweb-schema-feeds', weight: 1, look: (fetch) => text(fetch, '/robots.txt', /^# schemamap: /m) },
];

/** How pages read for machines. */
const pages: readonly Requirement[] = [
  {
    id: 'content-no-js',
    weight: 4,
    look: async (fetch) => {
      const { body } = await ok(fetch, { path: '/', headers: html }, 'text/html');
      must((body.match(/<h1[\s>]/g) ?? []).length === 1, 'the home page has not just one h1');
      must(
        body.replaceAll(/<script[\s\S]*?<\/script>|<[^>]+>/g, '').trim().length >= 500,
        'the home page says too little',
      );
    },
  },
  {
    id: 'link-headers-discovery',
    weight: 4,
    look: async (fetch) => {
      const { headers } = await ok(fetch, { path: '/', headers: html });
      for (const relation of ['api-catalog', 'service-desc', 'sitemap', 'alternate'])
        must(headers['link']?.includes(`rel="${relation}"`) === true, `Link lacks ${relation}`);
    },
  },
  {
    id: 'markdown-negotiation-vary',
    weight: 1,
    look: async (fetch) => {
      const { headers } = await ok(fetch, { path: '/', headers: markdown }, 'text/markdown');
      must(/\bAccept\b/i.test(headers['vary'] ?? ''), 'Vary does not name Accept');
    },
  },
  {
    id: 'markdown-url-fallback',
    weight: 1,
    look: async (fetch) => void (await ok(fetch, { path: '/index.md' }, 'text/markdown')),
  },
  {
    id: 'json-ld',
    weight: 4,
    look: (fetch) =>
      ok(fetch, { path: '/', headers: html }).then(({ body }) => {
        must(body.includes('application/ld+json'), 'no JSON-LD');
      }),
  },
  {
    id: 'metadata-completeness',
    weight: 4,
    look: (fetch) =>
      ok(fetch, { path: '/', headers: html }).then(({ body }) => {
        must(
          /rel="canonical"/.test(body) && /<html lang=/.test(body) && /og:type/.test(body),
          'canonical, lang or og:type is missing',
        );
      }),
  },
  {
    id: 'trust-anchors',
    weight: 4,
    look: async (fetch) => {
      for (const path of ['/about.md', '/contact.md', '/privacy.md'])
        must((await ok(fetch, { path })).body.length >= 500, `${path} says too little`);
    },
  },
  { id: 'pricing-info', weight: 4, look: async (fetch) => void (await ok(fetch, { path: '/pricing', headers: html })) },
  {
    id: 'pricing-md',
    weight: 1,
    look: async (fetch) => void (await ok(fetch, { path: '/pricing.md' }, 'text/markdown')),
  },
  {
    id: 'developer-portal',
    weight: 4,
    look: async (fetch) => void (await ok(fetch, { path: '/developers', headers: html })),
  },
  {
    id: 'agent-friendly-404',
    weight: 1,
    look: async (fetch) => {
      const { status, body } = await fetch({ path: '/no-such-page-here', headers: markdown });
      must(status === 404 && body.length > 20, `a missing page answers ${status}`);
    },
  },
  { id: 'agent-mode-view', weight: 1, look: async (fetch) => void (await ok(fetch, { path: '/?mode=agent' }, 'json')) },
];

/** How the API treats agents. */
const usability: readonly Requirement[] = [
  {
    id: 'openapi-spec',
    weight: 4,
    look: async (fetch) => {
      must(
        String((await json(fetch, '/openapi.json'))['openapi']).startsWith('3.1'),
        'the OpenAPI document is not 3.1',
      );
    },
  },
  { id: 'idempotency-key-support', weight: 1, look: (fetch) => text(fetch, '/openapi.json', /"Idempotency-Key"/) },
  { id: 'api-versioning-policy', weight: 1, look: (fetch) => text(fetch, '/openapi.json', /"API-Version"/) },
  {
    id: 'json-error-responses',
    weight: 4,
    look: async (fetch) => {
      const { status, body } = await fetch({ path: '/api/no-such-endpoint' });
      const { error } = JSON.parse(body) as { error?: { code?: string } };
      must(status === 404 && error?.code === 'ENDPOINT_NOT_FOUND', `a missing endpoint answers ${status}`);
    },
  },
  {
    id: 'oauth-protected-resource',
    weight: 4,
    look: async (fetch) => void (await listed(fetch, '/.well-known/oauth-protected-resource', 'scopes_supported')),
  },
  { id: 'auth-md-exists', weight: 4, look: (fetch) => text(fetch, '/auth.md', /^# .*auth\.md/) },
  {
    id: 'auth-md-structure',
    weight: 1,
    look: async (fetch) => {
      const { body } = await ok(fetch, { path: '/auth.md' }, 'text/markdown');
      for (const part of ['Discover', 'Pick a method', 'Register', 'Claim', 'Exchange', 'Use', 'Errors', 'Revocation'])
        must(body.includes(`## ${part}`), `auth.md lacks ${part}`);
    },
  },
  { id: 'mcp-server', weight: 4, look: async (fetch) => void (await mcpResult(fetch, 'ping')) },
  {
    id: 'mcp-tool-listing',
    weight: 1,
    look: async (fetch) => {
      const tools = (await mcpResult(fetch, 'tools/list'))['tools'] as Record<string, unknown>[] | undefined;
      must((tools?.length ?? 0) >= 3, 'fewer than three tools');
      for (const { name, description, annotations, outputSchema } of tools ?? [])
        must(
          String(description).length >= 20 && annotations !== undefined && outputSchema !== undefined,
          `tool ${String(name)} lacks a description, annotations or an output schema`,
        );
    },
  },
  {
    id: 'mcp-resource-listing',
    weight: 1,
    look: async (fetch) => {
      const { resources } = await mcpResult(fetch, 'resources/list');
      must(Array.isArray(resources) && resources.length > 3, 'hardly any resources');
    },
  },
  {
    id: 'mcp-server-card',
    weight: 1,
    look: async (fetch) => {
      const card = await json(fetch, '/mcp/server-card');
      must(card['tools'] === undefined && Array.isArray(card['remotes']), 'the card is not of the right form');
      must(String(card['description']).length <= 100, 'the description of the card is too long');
    },
  },
  {
    id: 'mcp-multi-surface-coverage',
    weight: 1,
    look: async (fetch) => void (await json(fetch, '/mcp/docs/server-card')),
  },
  {
    id: 'function-calling-compat',
    weight: 1,
    look: async (fetch) => void (await listed(fetch, '/api/tools.php?dialect=anthropic', 'tools')),
  },
  {
    id: 'nlweb-ask',
    weight: 1,
    look: async (fetch) => {
      const headers = { 'content-type': 'application/json' };
      const { status, body } = await fetch({ method: 'POST', path: '/ask', headers, body: {} });
      must(status === 200 && body.includes('response_type'), `/ask answers ${status}`);
    },
  },
  { id: 'async-job-pattern', weight: 1, look: async (fetch) => void (await json(fetch, '/api/jobs.php')) },
  {
    id: 'capabilities',
    weight: 1,
    look: async (fetch) => void (await listed(fetch, '/api/capabilities.php', 'surfaces')),
  },
  {
    id: 'agent-auth-www-authenticate',
    weight: 1,
    look: async (fetch) => {
      const { status, headers } = await fetch({ path: '/v1/models' });
      must(status === 401 && headers['www-authenticate'] !== undefined, '401 comes without WWW-Authenticate');
    },
  },
];

/**
 * Looks at this server as an agent would, and says how ready it is. The ids are those of the orank catalogue, as far as a
 * server can see them of itself; what only others can tell (registries, search engines) is left out.
 */
export async function auditReadiness(fetch: FetchOwn): Promise<Readiness> {
  const requirements = [...discovery, ...pages, ...usability];
  const checks: ReadinessCheck[] = [];
  let reached = 0;
  // One after the other: an audit must not be a burst of load.
  for (const { id, weight, look } of requirements) {
    try {
      await look(fetch);
      reached += weight;
      checks.push({ id, passed: true, detail: '' });
    } catch (error) {
      checks.push({ id, passed: false, detail: errorMessage(error) });
    }
  }
  const whole = requirements.reduce((sum, { weight }) => sum + weight, 0);
  return { score: Math.round((reached / whole) * 100), checks };
}
