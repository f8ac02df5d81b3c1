import { AppError, toAppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
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
  /**
   * Shows the stored key to the upstream. Only its word is remembered: one that cannot be asked has said nothing.
   * @param signal aborted when nobody waits for the result
   * @throws AppError RESOURCE_NOT_FOUND, byok_provider_missing when what is stored does not open
   */
  test(tenantId: string, upstream: string, signal?: AbortSignal): Promise<KeyTest>;
}

export interface KeyTest {
  /** The upstream has accepted the key. */
  readonly ok: boolean;
  readonly message: string;
  readonly key: ProviderKey;
}

interface Options {
  readonly store: ProviderKeyStore;
  readonly providers: ReadonlyMap<string, Pick<Provider, 'listModels'>>;
  readonly models: Readonly<
    Record<string, { readonly byok: boolean; readonly targets: readonly { readonly upstream: string }[] }>
  >;
  readonly logger?: Logger;
}

const testTimeoutMs = 10_000;

interface Shown {
  /** undefined: it could not be found out. */
  readonly verdict: boolean | undefined;
  readonly message: string;
}

/** What a failed listing of models says of the key it was asked with. The upstream's own text may name the key: it stays out. */
function verdictOf(error: AppError): Shown {
  if (error.code === 'UPSTREAM_AUTH')
    return { verdict: false, message: 'The provider refuses the key, or the account behind it.' };
  // The request holds nothing but the key; some answer 400 to one they do not know.
  if (error.code === 'UPSTREAM_REJECTED')
    return { verdict: false, message: 'The provider refuses requests made with the key.' };
  if (error.code === 'overloaded')
    return { verdict: undefined, message: 'The provider is saturated and did not say. Try again later.' };
  return {
    verdict: undefined,
    message: 'The provider cannot be reached, or cannot list its models: whether it accepts the key is not known.',
  };
}

/** What tenants and operators do with provider keys. */
export function createProviderKeyManager({ store, providers, models, logger }: Options): ProviderKeyManager {
  const targets = Object.values(models).flatMap((model) => (model.byok ? model.targets : []));
  const upstreams = [...new Set(targets.map(({ upstream }) => upstream))].toSorted();

  const show = async (upstream: string, secret: string, signal: AbortSignal | undefined): Promise<Shown> => {
    const provider = providers.get(upstream);
    if (provider === undefined)
      return { verdict: undefined, message: 'This upstream is no longer configured: the key is not used.' };
    const timeout = AbortSignal.timeout(testTimeoutMs);
    try {
      const names = await provider.listModels(
        signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        secret,
      );
      return { verdict: true, message: `The provider accepts the key and lists ${names.length} models.` };
    } catch (thrown) {
      const error = toAppError(thrown);
      // No reason: what an upstream says may name the key.
      logger?.info({ upstream, code: error.code }, 'the test of a provider key did not succeed');
      return verdictOf(error);
    }
  };

  return {
    upstreams,
    list: (tenantId) => store.list(tenantId),
    put: async (tenantId, upstream, secret) => {
      if (upstreams.includes(upstream)) return store.put(tenantId, upstream, secret);
      const there = upstreams.length === 0 ? 'There is none.' : `There are: ${upstreams.join(', ')}.`;
      throw new AppError(
        'INVALID_REQUEST',
        `upstream: no model is called with a tenant's own key for ${JSON.stringify(upstream)}. ${there}`,
        { param: 'upstream' },
      );
    },
    delete: (tenantId, upstream) => store.delete(tenantId, upstream),
    test: async (tenantId, upstream, signal) => {
      const { secret, writing } = await store.keyUnderTest(tenantId, upstream);
      const { verdict, message } = await show(upstream, secret, signal);
      const key =
        verdict === undefined
          ? await store.get(tenantId, upstream)
          : await store.tested(tenantId, upstream, { writing, ok: verdict });
      return { ok: verdict === true, message, key };
    },
  };
}
