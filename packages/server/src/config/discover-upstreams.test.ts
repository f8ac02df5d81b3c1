import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { discoverUpstreams, type DiscoveryRequest } from './discover-upstreams.ts';
import type { Fetch } from './list-models.ts';
import { settingsSchema, type Settings } from './schema.ts';
import { readSettings } from './settings.ts';

let preset: Settings;
beforeAll(async () => {
  preset = await readSettings({
    env: {},
    cwd: '/',
    presetsDir: join(import.meta.dirname, '../../../../presets'),
    preset: 'simosphere',
    configFile: undefined,
  });
});

interface Call {
  readonly url: string;
  readonly authorization: string | null;
}
type Answer = Response | 'never' | 'refused connection';

const list = (...models: unknown[]) =>
  Response.json({
    object: 'list',
    data: models.map((model) =>
      typeof model === 'string' ? { id: model, object: 'model', created: 1, owned_by: 'library' } : model,
    ),
  });

/** Answers by URL less `/models`; every other address refuses the connection. */
function fakeFetch(answers: Record<string, () => Answer>): { fetch: Fetch; calls: Call[] } {
  const calls: Call[] = [];
  const fetch: Fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    calls.push({ url, authorization: new Headers(init?.headers).get('authorization') });
    const answer = answers[url.replace(/\/models$/, '')]?.() ?? 'refused connection';
    if (answer instanceof Response) return answer;
    if (answer === 'refused connection')
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });
    return await new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => {
        reject(new DOMException('aborted', 'TimeoutError'));
      });
    });
  };
  return { fetch, calls };
}

function discover(answers: Record<string, () => Answer>, request: Partial<DiscoveryRequest> = {}) {
  return discoverUpstreams({
    env: {},
    fetch: fakeFetch(answers).fetch,
    settings: preset,
    timeoutMs: 5,
    remoteTimeoutMs: 5,
    ...request,
  });
}

const ollama = 'http://127.0.0.1:11434/v1';
const lmStudio = 'http://127.0.0.1:1234/v1';
const vllm = 'http://127.0.0.1:8000/v1';
const mistral = 'https://api.mistral.ai/v1';
const openai = 'https://api.openai.com/v1';

describe('local servers', () => {
  test('nothing answers: nothing changes and nothing is said', async () => {
    expect(await discover({})).toEqual({ settings: preset, found: [], failed: [] });
  });

  test('offers what a server lists, beside what the preset has', async () => {
    const { settings, found, failed } = await discover({ [ollama]: () => list('llama3.2:latest', 'nomic-embed-text') });
    expect(found).toEqual([
      {
        upstream: 'ollama',
        from: 'Ollama on port 11434',
        models: ['llama3.2:latest', 'nomic-embed-text'],
        assumed: false,
      },
    ]);
    expect(failed).toEqual([]);
    expect(Object.keys(settings.models)).toEqual([
      'turnpike-demo',
      'turnpike-demo-embedding',
      'llama3.2:latest',
      'nomic-embed-text',
    ]);
    expect(settings.models['llama3.2:latest']).toEqual({
      targets: [{ upstream: 'ollama', model: 'llama3.2:latest' }],
      owned_by: 'library',
      context_tokens: 8_192,
      max_output_tokens: 4_096,
      capabilities: ['chat', 'tools', 'json'],
      byok: false,
    });
    expect(settings.models['nomic-embed-text']?.capabilities).toEqual(['embeddings']);
    expect(settings.upstreams['ollama']).toMatchObject({ kind: 'openai', base_url: ollama, connections: 256 });
    expect(Object.isFrozen(settings.models['nomic-embed-text'])).toBe(true);
    expect(settingsSchema.safeParse(settings).success).toBe(true);
  });

  test('takes the context size a server tells', async () => {
    const { settings } = await discover({
      [vllm]: () => list({ id: 'small', max_model_len: 2_048 }),
      [lmStudio]: () => list({ id: 'odd', max_context_length: 'many' }),
    });
    expect(settings.models['small']).toMatchObject({ context_tokens: 2_048, max_output_tokens: 2_048 });
    expect(settings.models['odd']).toMatchObject({ context_tokens: 8_192, owned_by: 'lm-studio' });
  });

  test.each([
    ['a page', () => new Response('<html>hello</html>')],
    ['another JSON', () => Response.json({ data: ['x'] })],
    ['a list of something else', () => Response.json({ object: 'list', data: [{ id: 'x', object: 'file' }] })],
    ['a bare list', () => Response.json([{ id: 'x' }])],
    ['a refusal', () => new Response('no', { status: 401 })],
    ['a server that never answers', () => 'never' as const],
    [
      'an answer without end',
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => {
              controller.enqueue(new Uint8Array(1024 * 1024).fill(32));
            },
          }),
        ),
    ],
  ])('%s on the port of a model server is left alone', async (_what, answer) => {
    expect(await discover({ [vllm]: answer })).toEqual({ settings: preset, found: [], failed: [] });
  });

  test('a model whose name does not fit is not offered, nor is one that neither chats nor embeds', async () => {
    const { found } = await discover({
      [lmStudio]: () =>
        list('ok', 'has blank', '/abs', 'x'.repeat(129), '__proto__', 'whisper-1', 'gpt-image-1', 'bge-reranker-v2'),
    });
    expect(found.map(({ models }) => models)).toEqual([['ok']]);
  });

  test('of two servers with one model the first has it', async () => {
    const { settings, found } = await discover({ [ollama]: () => list('same', 'a'), [lmStudio]: () => list('same') });
    expect(settings.models['same']?.targets).toEqual([{ upstream: 'ollama', model: 'same' }]);
    expect(found.map(({ upstream }) => upstream)).toEqual(['ollama']);
    expect(settings.upstreams).not.toHaveProperty('lm-studio');
  });

  test('are not asked when the configuration says so', async () => {
    const { fetch, calls } = fakeFetch({});
    await discover({}, { fetch, settings: { ...preset, discovery: { local: false, providers: true } } });
    expect(calls).toEqual([]);
  });

  test('other addresses can be given', async () => {
    const localProbes = [{ upstream: 'mine', from: 'mine', baseUrl: 'http://127.0.0.1:9/v1' }];
    const { found } = await discover(
      { 'http://127.0.0.1:9/v1': () => list('a'), [ollama]: () => list('b') },
      { localProbes },
    );
    expect(found).toEqual([{ upstream: 'mine', from: 'mine', models: ['a'], assumed: false }]);
  });
});

describe('providers', () => {
  const env = { MISTRAL_API_KEY: 'key-of-mistral' };

  test('a key in the environment offers the models of its provider, with the facts known of them', async () => {
    const { fetch, calls } = fakeFetch({
      [mistral]: () =>
        list(
          'mistral-small-latest',
          {
            id: 'ministral',
            max_context_length: 32_768,
            capabilities: { completion_chat: true, function_calling: true, vision: true },
          },
          { id: 'mistral-moderation', capabilities: { completion_chat: false } },
          { id: 'mistral-embed', capabilities: { completion_chat: false } },
        ),
    });
    const { settings, found } = await discover({}, { env, fetch });
    expect(found).toEqual([
      {
        upstream: 'mistral',
        from: 'MISTRAL_API_KEY',
        models: ['mistral-small-latest', 'ministral', 'mistral-embed'],
        assumed: false,
      },
    ]);
    expect(settings.models['mistral-small-latest']).toMatchObject({
      context_tokens: 131_072,
      capabilities: ['chat', 'tools', 'json', 'vision'],
      price: { currency: 'EUR' },
      targets: [{ upstream: 'mistral', model: 'mistral-small-latest' }],
    });
    expect(settings.models['ministral']).toMatchObject({
      context_tokens: 32_768,
      capabilities: ['chat', 'tools', 'json', 'vision'],
    });
    expect(settings.upstreams['mistral']).toMatchObject({ api_key: 'key-of-mistral', region: 'eu', base_url: mistral });
    expect(calls.filter(({ authorization }) => authorization !== null)).toEqual([
      { url: `${mistral}/models`, authorization: 'Bearer key-of-mistral' },
    ]);
  });

  test.each([
    ['too late', () => 'never' as const, 'no answer within 5 ms'],
    ['not reached', () => 'refused connection' as const, 'not reached (ECONNREFUSED)'],
    ['in trouble', () => new Response('', { status: 503 }), 'answered with status 503'],
  ])('one that is %s is trusted to have the models known of it', async (_what, answer, reason) => {
    const { settings, found, failed } = await discover({ [mistral]: answer }, { env });
    expect(found).toEqual([
      {
        upstream: 'mistral',
        from: 'MISTRAL_API_KEY',
        models: ['mistral-small-latest', 'mistral-embed'],
        assumed: true,
      },
    ]);
    expect(failed).toEqual([{ upstream: 'mistral', from: 'MISTRAL_API_KEY', reason }]);
    expect(settings.models['mistral-small-latest']?.targets).toEqual([
      { upstream: 'mistral', model: 'mistral-small-latest' },
    ]);
  });

  test('a key that is refused offers nothing and says so, without the key', async () => {
    const result = await discover(
      { [mistral]: () => new Response('bad key key-of-mistral', { status: 401 }) },
      { env },
    );
    expect(result).toEqual({
      settings: preset,
      found: [],
      failed: [{ upstream: 'mistral', from: 'MISTRAL_API_KEY', reason: 'the key is refused (status 401)' }],
    });
  });

  test('OPENAI_API_KEY alone asks OpenAI; OPENAI_BASE_URL asks there, with no key needed', async () => {
    const first = fakeFetch({ [openai]: () => list('gpt-5') });
    const { settings, found } = await discover({}, { env: { OPENAI_API_KEY: 'key-of-openai' }, fetch: first.fetch });
    expect(found).toEqual([{ upstream: 'openai', from: 'OPENAI_API_KEY', models: ['gpt-5'], assumed: false }]);
    expect(settings.models['gpt-5']).toMatchObject({ context_tokens: 128_000, max_output_tokens: 4_096 });

    const second = fakeFetch({ 'http://gpu.internal/v1': () => list('mine') });
    const keyless = await discover(
      {},
      { env: { OPENAI_BASE_URL: 'http://gpu.internal/v1/', OPENAI_API_KEY: ' ' }, fetch: second.fetch },
    );
    expect(keyless.found).toEqual([{ upstream: 'openai', from: 'OPENAI_BASE_URL', models: ['mine'], assumed: false }]);
    expect(keyless.settings.upstreams['openai']?.api_key).toBeUndefined();
    expect(second.calls.every(({ authorization }) => authorization === null)).toBe(true);
  });

  test('OPENAI_BASE_URL at a local server is one upstream, not two', async () => {
    const { fetch, calls } = fakeFetch({ 'http://localhost:11434/v1': () => list('llama') });
    const { found } = await discover({}, { env: { OPENAI_BASE_URL: 'http://localhost:11434/v1' }, fetch });
    expect(found.map(({ upstream, models }) => [upstream, models])).toEqual([['openai', ['llama']]]);
    expect(calls.map(({ url }) => url)).not.toContain(`${ollama}/models`);
  });

  test('an OPENAI_BASE_URL that is none stops the start with one line', async () => {
    await expect(discover({}, { env: { OPENAI_BASE_URL: 'gpu.internal' } })).rejects.toThrow(
      'OPENAI_BASE_URL: found "gpu.internal"; allowed: an http or https URL up to and including /v1',
    );
    await expect(discover({}, { env: { OPENAI_BASE_URL: 'ftp://u:sekret@h' } })).rejects.not.toThrow(/sekret/);
  });

  test('what the configuration names is neither asked nor changed', async () => {
    const configured = settingsSchema.parse({
      ...preset,
      upstreams: {
        ...preset.upstreams,
        mine: { kind: 'openai', base_url: openai, api_key: 'own' },
        mistral: { kind: 'openai', base_url: 'http://proxy/v1' },
      },
      models: {
        ...preset.models,
        llama: {
          targets: [{ upstream: 'mine', model: 'x' }],
          context_tokens: 1,
          max_output_tokens: 1,
          capabilities: ['chat'],
        },
      },
    });
    const { fetch, calls } = fakeFetch({
      [openai]: () => list('gpt-5'),
      [mistral]: () => list('mistral-x'),
      [ollama]: () => list('llama', 'other'),
    });
    const { settings, found } = await discover(
      {},
      { env: { ...env, OPENAI_API_KEY: 'k' }, fetch, settings: configured },
    );
    expect(calls.map(({ url }) => new URL(url).hostname)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect(settings.models['llama']).toEqual(configured.models['llama']);
    expect(found.map(({ models }) => models)).toEqual([['other']]);
  });

  test('are not asked when the configuration says so', async () => {
    const { fetch, calls } = fakeFetch({});
    await discover({}, { env, fetch, settings: { ...preset, discovery: { local: false, providers: false } } });
    expect(calls).toEqual([]);
  });
});
