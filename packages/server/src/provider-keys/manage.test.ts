import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { startFakeUpstream, type FakeUpstream } from '../testing/fake-upstream.ts';
import { createOpenAiProvider } from '../providers/openai/openai-provider.ts';
import type { Provider } from '../providers/provider.ts';
import { createProviderKeyManager } from './manage.ts';
import type { ProviderKey, ProviderKeyStore } from './store.ts';

const right = 'sk-tenant-own-provider-key-4321';

/** One tenant's keys, in memory. */
function memoryStore(secrets: Map<string, string>) {
  const results: { upstream: string; ok: boolean }[] = [];
  const key = (upstream: string): ProviderKey => ({
    upstream,
    hint: '4321',
    createdAt: new Date(0),
    updatedAt: new Date(0),
    lastTestedAt: null,
    lastTestOk: results.findLast((result) => result.upstream === upstream)?.ok ?? null,
  });
  const store: ProviderKeyStore = {
    put: (_tenant, upstream, secret) => {
      secrets.set(upstream, secret);
      return Promise.resolve(key(upstream));
    },
    list: () => Promise.resolve([...secrets.keys()].map(key)),
    get: (_tenant, upstream) => Promise.resolve(key(upstream)),
    delete: () => Promise.resolve(),
    secret: (_tenant, upstream) => Promise.resolve(secrets.get(upstream)),
    keyUnderTest: (_tenant, upstream) => {
      const secret = secrets.get(upstream);
      return secret === undefined
        ? Promise.reject(new AppError('RESOURCE_NOT_FOUND', 'none'))
        : Promise.resolve({ secret, writing: Buffer.from(secret) });
    },
    tested: (_tenant, upstream, { ok }) => {
      results.push({ upstream, ok });
      return Promise.resolve(key(upstream));
    },
  };
  return { store, results };
}

const model = (byok: boolean, ...upstreams: string[]) => ({
  byok,
  targets: upstreams.map((upstream) => ({ upstream })),
});
const models = { own: model(true, 'mistral', 'azure'), also: model(true, 'mistral'), house: model(false, 'house') };

function manage(secrets: Record<string, string>, providers: Record<string, Pick<Provider, 'listModels'>>) {
  const { store, results } = memoryStore(new Map(Object.entries(secrets)));
  const logger = createRecordingLogger();
  const manager = createProviderKeyManager({ store, providers: new Map(Object.entries(providers)), models, logger });
  return { manager, results, logger };
}

describe('provider keys', () => {
  test('are stored for the upstreams of models marked byok, each named once', async () => {
    const { manager } = manage({}, {});
    expect(manager.upstreams).toEqual(['azure', 'mistral']);
    expect(await manager.put('t', 'azure', right)).toMatchObject({ upstream: 'azure' });
    for (const upstream of ['house', 'nowhere', '__proto__', ''])
      await expect(manager.put('t', upstream, right)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        param: 'upstream',
        message: expect.stringContaining('There are: azure, mistral.') as string,
      });
  });

  test('are of no use where no model is marked byok, and the refusal says so', async () => {
    const { store } = memoryStore(new Map());
    const manager = createProviderKeyManager({ store, providers: new Map(), models: { house: model(false, 'house') } });
    await expect(manager.put('t', 'house', right)).rejects.toThrow('There is none.');
  });
});

describe('the test of a provider key', () => {
  let upstream: FakeUpstream;
  let provider: Provider;
  beforeAll(async () => {
    upstream = await startFakeUpstream({ apiKey: right });
    provider = createOpenAiProvider({
      name: 'mistral',
      config: { base_url: upstream.url, api_key: 'sk-of-the-operator', headers: {}, connections: 1 },
      clock: createManualClock(),
      connectTimeoutMs: 2_000,
      firstByteTimeoutMs: 10_000,
    });
  });
  afterAll(async () => {
    await provider.close();
    await upstream.close();
  });

  test('shows it to the upstream, and remembers what that says', async () => {
    const { manager, results } = manage({ mistral: right }, { mistral: provider });
    expect(await manager.test('t', 'mistral')).toMatchObject({
      ok: true,
      message: expect.stringContaining('accepts') as string,
      key: { lastTestOk: true },
    });
    expect(results).toEqual([{ upstream: 'mistral', ok: true }]);
  });

  test('tells of one that is refused, and logs nothing of it', async () => {
    const { manager, results, logger } = manage({ mistral: 'sk-a-wrong-key-9876' }, { mistral: provider });
    const tested = await manager.test('t', 'mistral');
    expect(tested).toMatchObject({ ok: false, key: { lastTestOk: false } });
    expect(results).toEqual([{ upstream: 'mistral', ok: false }]);
    expect(JSON.stringify([tested, logger.lines])).not.toContain('9876');
  });

  test.each([
    ['UPSTREAM_REJECTED', false, 'refuses'],
    ['UPSTREAM_AUTH', false, 'refuses'],
    ['overloaded', undefined, 'saturated'],
    ['UPSTREAM_ERROR', undefined, 'not known'],
    ['UPSTREAM_TIMEOUT', undefined, 'not known'],
  ] as const)('that ends with %s is remembered as %s', async (code, verdict, words) => {
    const listModels = () => Promise.reject(new AppError(code, `the upstream says ${right}`));
    const { manager, results, logger } = manage({ mistral: right }, { mistral: { listModels } });
    const tested = await manager.test('t', 'mistral');
    expect([tested.ok, tested.message]).toEqual([false, expect.stringContaining(words)]);
    expect(results).toEqual(verdict === undefined ? [] : [{ upstream: 'mistral', ok: verdict }]);
    expect(JSON.stringify([tested, logger.lines])).not.toContain(right);
  });

  test('is given up when nobody waits for it, and nothing is remembered', async () => {
    const asked = new AbortController();
    const listModels = (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new AppError('UPSTREAM_ERROR', 'given up'));
        });
      });
    const { manager, results } = manage({ mistral: right }, { mistral: { listModels } });
    const testing = manager.test('t', 'mistral', asked.signal);
    await Promise.resolve();
    asked.abort();
    expect((await testing).ok).toBe(false);
    expect(results).toEqual([]);
  });

  test('of one whose upstream is no longer configured says so; of none at all is a 404', async () => {
    const { manager, results } = manage({ old: right }, {});
    expect(await manager.test('t', 'old')).toMatchObject({
      ok: false,
      message: expect.stringContaining('no longer configured') as string,
    });
    expect(results).toEqual([]);
    await expect(manager.test('t', 'mistral')).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  });
});
