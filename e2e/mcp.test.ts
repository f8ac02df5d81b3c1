import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

let turnpike: Turnpike;

beforeAll(async () => {
  turnpike = await startTurnpike({
    config: {
      hub: { mcp_requests_per_hour: 100_000, allowed_origins: ['https://partner.example'] },
      tools: {
        allowed_networks: ['127.0.0.1'],
        http: {
          files_only: {
            description: 'A tool for keys with the scope files.',
            url: 'http://127.0.0.1:1/never',
            scopes: ['files'],
          },
        },
      },
    },
  });
});
afterAll(cleanUp);

type Era = 'auto' | 'legacy';

async function connected(era: Era, path = '/mcp', headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'e2e', version: '1.0.0' }, { versionNegotiation: { mode: era } });
  const transport = new StreamableHTTPClientTransport(new URL(`${turnpike.url}${path}`), { requestInit: { headers } });
  await client.connect(transport);
  return client;
}

function post(body: object, headers: Record<string, string> = {}, path = '/mcp') {
  return fetch(`${turnpike.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  });
}
const call = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });

describe.each<Era>(['auto', 'legacy'])('the official client (%s)', (era) => {
  test('lists and calls tools with structured answers, and is told what is wrong', async () => {
    const client = await connected(era);
    expect(client.getServerVersion()).toMatchObject({ name: 'turnpike', title: 'SIMOSphere AI' });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'ask_simosphere',
        'list_models',
        'get_pricing',
        'faq_lookup',
        'get_weather',
        'ask',
        'list_sites',
      ]),
    );
    for (const tool of tools) expect(tool).toMatchObject({ annotations: {}, outputSchema: { type: 'object' } });
    const answer = await client.callTool({ name: 'ask', arguments: { query: 'Which plans are there?' } });
    expect(answer.structuredContent).toMatchObject({ source: 'faq:plans' });
    expect(JSON.parse((answer.content as { text: string }[])[0]?.text ?? '')).toEqual(answer.structuredContent);
    const wrong = await client.callTool({ name: 'get_pricing', arguments: { categori: 'plans' } });
    expect(wrong).toMatchObject({ isError: true });
    expect(JSON.stringify(wrong.content)).toContain('arguments.categori');
    await expect(client.callTool({ name: 'no_such_tool', arguments: {} })).rejects.toThrow(/no_such_tool/);
    await client.close();
  });

  test('reads resources and prompts, and completes arguments', async () => {
    const client = await connected(era);
    const { resources } = await client.listResources();
    const page = resources.find(({ uri }) => uri === `${turnpike.url}/developers/limits.md`);
    expect(page).toMatchObject({ mimeType: 'text/markdown' });
    const { contents } = await client.readResource({ uri: page?.uri ?? '' });
    expect((contents[0] as { text: string }).text).toMatch(/^# /);
    const openApi = await client.readResource({ uri: `${turnpike.url}/openapi.json` });
    expect(JSON.parse((openApi.contents[0] as { text: string }).text)).toMatchObject({ openapi: '3.1.0' });
    await expect(client.readResource({ uri: `${turnpike.url}/developers/none.md` })).rejects.toThrow();
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name).toSorted()).toEqual(['choose_plan', 'debug_error', 'integrate_api']);
    const prompt = await client.getPrompt({ name: 'debug_error', arguments: { code: 'RATE_LIMIT_EXCEEDED' } });
    expect(JSON.stringify(prompt.messages)).toContain('Retry-After');
    const completed = await client.complete({
      ref: { type: 'ref/prompt', name: 'integrate_api' },
      argument: { name: 'language', value: 'py' },
    });
    expect(completed.completion.values).toEqual(['Python']);
    const names = await client.complete({
      ref: { type: 'ref/resource', uri: `${turnpike.url}/developers/{page}.md` },
      argument: { name: 'page', value: 'lim' },
    });
    expect(names.completion.values).toEqual(['limits']);
    await client.close();
  });

  test('is told of progress', async () => {
    const client = await connected(era);
    const told: number[] = [];
    await client.callTool(
      { name: 'list_models', arguments: {} },
      { onprogress: ({ progress }) => void told.push(progress) },
    );
    expect(told).toEqual([0, 1]);
    await client.close();
  });

  test('finds a second server with the documentation alone', async () => {
    const client = await connected(era, '/mcp/docs');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).toSorted()).toEqual(['list_pages', 'read_page', 'search_docs']);
    const found = await client.callTool({ name: 'search_docs', arguments: { query: 'idempotency key' } });
    const { passages } = found.structuredContent as { passages: { url: string }[] };
    expect(passages.length).toBeGreaterThan(0);
    expect((await fetch(passages[0]?.url ?? '')).status).toBe(200);
    const page = await client.callTool({ name: 'read_page', arguments: { name: 'limits' } });
    expect(page.structuredContent).toMatchObject({ url: `${turnpike.url}/developers/limits.md` });
    expect(await client.callTool({ name: 'read_page', arguments: { name: 'none' } })).toMatchObject({ isError: true });
    await client.close();
  });
});

describe('an answer', () => {
  test('names the version of the contract, whatever was negotiated', async () => {
    for (const response of [
      await fetch(`${turnpike.url}/mcp`),
      await post(call('tools/list')),
      await post(call('nonsense'), {}, '/api/mcp.php'),
      await post(call('tools/list'), { authorization: 'Bearer wrong' }),
    ])
      expect(response.headers.get('mcp-version')).toBe('2025-06-18');
  });

  test('is JSON for who accepts nothing else, without a session before it', async () => {
    const response = await post(call('tools/list'), { accept: 'application/json' }, '/api/mcp.php');
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({
      jsonrpc: '2.0',
      id: 1,
      result: { tools: expect.any(Array) as unknown },
    });
  });
});

describe('a session of the older era', () => {
  const initialize = call('initialize', {
    ...{ protocolVersion: '2025-11-25', capabilities: {} },
    clientInfo: { name: 'e2e', version: '1' },
  });

  test('is opened, read again after a break, ended, and found by nobody else', async () => {
    const opened = await post(initialize);
    const session = opened.headers.get('mcp-session-id') ?? '';
    expect(session).toMatch(/^[0-9a-f-]{36}$/);
    const [, first = ''] = /^id: (\S+)/m.exec(await opened.text()) ?? [];
    const own = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
    expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, own)).status).toBe(202);
    expect(await (await post(call('ping'), own)).text()).toContain('"result":{}');

    const again = await fetch(`${turnpike.url}/mcp`, {
      headers: { ...own, accept: 'text/event-stream', 'last-event-id': first },
    });
    expect(again.status).toBe(200);
    const reader = again.body?.getReader();
    const piece = await reader?.read();
    expect(Buffer.from((piece?.value as Uint8Array | undefined) ?? []).toString()).toContain(
      '"protocolVersion":"2025-11-25"',
    );
    await reader?.cancel();

    const { key } = await turnpike.createKey('personal');
    expect((await post(call('ping'), { ...own, authorization: `Bearer ${key}` })).status).toBe(404);
    const ended = await fetch(`${turnpike.url}/mcp`, { method: 'DELETE', headers: own });
    expect(ended.status).toBe(200);
    expect((await post(call('ping'), own)).status).toBe(404);
  });

  test('is needed for a stream of events', async () => {
    const response = await fetch(`${turnpike.url}/mcp`, { headers: { accept: 'text/event-stream' } });
    expect(response.status).toBe(405);
  });
});

describe('a tool that needs a scope', () => {
  const asked = call('tools/call', { name: 'files_only', arguments: {} });

  test('says where a credential comes from, and which scope it needs', async () => {
    const response = await post(asked);
    expect(response.status).toBe(401);
    const challenge = response.headers.get('www-authenticate') ?? '';
    expect(challenge).toContain('scope="files"');
    const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    expect(await (await fetch(metadata)).json()).toMatchObject({ resource: `${turnpike.url}/mcp` });
  });

  test('refuses a key without it, and lets one with it through', async () => {
    const chat = await turnpike.createKey('personal', { scopes: ['chat'] });
    const refused = await post(asked, { authorization: `Bearer ${chat.key}` });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    const files = await turnpike.createKey('personal', { scopes: ['files'] });
    const passed = await post(asked, { authorization: `Bearer ${files.key}`, accept: 'application/json' });
    // Through to the tool, whose server is not there.
    expect(await passed.json()).toMatchObject({ result: { isError: true } });
  });
});

describe('a question of a client that knows tasks', () => {
  const ownMeta = (extensions: object) => ({
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { extensions },
  });
  const modern = async (method: string, name: string, params: object, extensions: object) => {
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, 'mcp-name': name };
    const response = await post(call(method, { ...params, _meta: ownMeta(extensions) }), headers);
    return (await response.json()) as { result?: Record<string, unknown>; error?: { code: number } };
  };
  const tasks = { 'io.modelcontextprotocol/tasks': {} };
  const ask = { name: 'ask', arguments: { query: 'Which plans are there?' } };

  test('becomes one, which is asked for until it is done', async () => {
    const created = await modern('tools/call', 'ask', ask, tasks);
    expect(created.result).toMatchObject({ resultType: 'task', status: 'working', pollIntervalMs: 1_000 });
    const taskId = String(created.result?.['taskId']);
    const get = async () => (await modern('tasks/get', taskId, { taskId }, tasks)).result;
    await expect.poll(async () => (await get())?.['status'], { timeout: 20_000 }).toBe('completed');
    expect(await get()).toMatchObject({ result: { structuredContent: { source: 'faq:plans' } } });
    // Over: cancelling changes nothing.
    expect((await modern('tasks/cancel', taskId, { taskId }, tasks)).result).toMatchObject({ resultType: 'complete' });
    expect(await get()).toMatchObject({ status: 'completed' });
  });

  test('is answered at once where they are not known, and its tasks are closed to it', async () => {
    expect((await modern('tools/call', 'ask', ask, {})).result).toMatchObject({
      resultType: 'complete',
      structuredContent: { source: 'faq:plans' },
    });
    const taskId = 'job_0123456789abcdef';
    expect((await modern('tasks/get', taskId, { taskId }, {})).error?.code).toBe(-32_021);
    expect((await modern('tasks/get', taskId, { taskId }, tasks)).error?.code).toBe(-32_602);
  });

  test('asked wrongly is told so, and no task', async () => {
    const wrong = { name: 'ask', arguments: { quary: 'x' } };
    expect((await modern('tools/call', 'ask', wrong, tasks)).result).toMatchObject({ isError: true });
  });
});

describe('strangers', () => {
  test.each([
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'https://partner.example' }, 200],
    [{ authorization: 'Bearer sk_live_wrong' }, 401],
    [{ authorization: 'Basic YTpi' }, 401],
  ])('with %j are answered %i', async (headers, status) => {
    expect((await post(call('tools/list'), headers as Record<string, string>)).status).toBe(status);
  });

  test('are counted by address; a key by its own limits', async () => {
    const modest = await startTurnpike({ config: { hub: { mcp_requests_per_hour: 2 } } });
    const list = (headers: Record<string, string> = {}) =>
      fetch(`${modest.url}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(call('tools/list')),
      });
    const statuses = [(await list()).status, (await list()).status];
    const refused = await list();
    expect([...statuses, refused.status]).toEqual([200, 200, 429]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const { key } = await modest.createKey('personal');
    const own = await list({ authorization: `Bearer ${key}` });
    expect([own.status, own.headers.get('x-ratelimit-limit')]).toEqual([200, '60']);
  });

  test('who send nonsense are answered in the protocol’s own form', async () => {
    for (const body of [{}, { jsonrpc: '2.0', id: 7, method: 'no/such' }, call('tools/call', { name: 7 })]) {
      const response = await post(body, { accept: 'application/json' });
      expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) as number } });
    }
  });
});

test('the official inspector finds nothing to complain of, in tools and in skills', async () => {
  const cli = join(
    import.meta.dirname,
    '../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
  );
  const inspect = async (...args: string[]) => {
    const all = [cli, '--cli', `${turnpike.url}/mcp`, '--transport', 'http', ...args];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, all, { maxBuffer: 10_000_000 });
    return `${stdout}${stderr}`;
  };
  expect(await inspect('--method', 'tools/list', '--strict')).toContain('"get_pricing"');
  expect(await inspect('--method', 'skills/list', '--verify')).toMatch(
    /Verified 5 skills and 5 files: no conformance errors/,
  );
}, 60_000);
