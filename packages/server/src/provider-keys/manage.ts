import { AppError, toAppError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import type { ProviderKey, ProviderKeyStore } from './store.ts';

export interface ProviderKeyManager {
  /** The upstreams that models marked `byok` are run on. */
  readonly upstreams: readonly string[];
  list(tenantId: string): Promise<readonly ProviderKey[]>;
  /** @throws AppError INVALID_REQUEST for an upstream no key is used for */
  put(tenantId: string, upstream: string, secret: string): Promise<ProviderKey>;
  /** @throws AppError RESOURCE_NOT_FOUND */
  delete(tenantId: string, upstream: string): Promise<void>;
  /** Shows the stored key to the upstream. @throws AppError RESOURCE_NOT_FOUND */
  test(tenantId: string, upstream: string): Promise<KeyTest>;
}

export interface KeyTest {
  readonly ok: boolean;
  readonly message: string;
  readonly key: ProviderKey;
}

interface Options {
  readonly store: ProviderKeyStore;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly models: Readonly<
    Record<string, { readonly byok: boolean; readonly targets: readonly { readonly upstream: string }[] }>
  >;
}

const testTimeoutMs = 10_000;

async function show(provider: Provider, secret: string): Promise<{ readonly ok: boolean; readonly message: string }> {
  try {
    const names = await provider.listModels(AbortSignal.timeout(testTimeoutMs), secret);
    return { ok: true, message: `The provider accepts the key and lists ${names.length} models.` };
  } catch (thrown) {
    const { code } = toAppError(thrown);
    if (code === 'UPSTREAM_AUTH') return { ok: false, message: 'The provider refuses the key.' };
    return { ok: false, message: 'The provider could not be asked. Try again later.' };
  }
}

/** What tenants and operators do with provider keys. */
export function createProviderKeyManager({ store, providers, models }: Options): ProviderKeyManager {
  const targets = Object.values(models).flatMap((model) => (model.byok ? model.targets : []));
  const upstreams = [...new Set(targets.map(({ upstream }) => upstream))].toSorted();
  return {
    upstreams,
    list: (tenantId) => store.list(tenantId),
    put: (tenantId, upstream, secret) => {
      if (upstreams.includes(upstream)) return store.put(tenantId, upstream, secret);
      const there = upstreams.length === 0 ? 'There is none.' : `There are: ${upstreams.join(', ')}.`;
      throw new AppError(
        'INVALID_REQUEST',
        `upstream: no model is called with a tenant's own key for ${JSON.stringify(upstream)}. ${there}`,
        { param: 'upstream' },
      );
    },
    delete: (tenantId, upstream) => store.delete(tenantId, upstream),
    test: async (tenantId, upstream) => {
      const secret = await store.secret(tenantId, upstream);
      const provider = providers.get(upstream);
      if (secret === undefined || provider === undefined)
        throw new AppError('RESOURCE_NOT_FOUND', `No key for the upstream ${JSON.stringify(upstream)} is stored.`, {
          param: 'upstream',
        });
      const shown = await show(provider, secret);
      return { ...shown, key: await store.tested(tenantId, upstream, shown.ok) };
    },
  };
}
