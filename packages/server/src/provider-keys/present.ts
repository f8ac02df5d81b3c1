import type { providerKey } from '@turnpike/contract/provider-keys';
import type { z } from 'zod';
import type { ProviderKey } from './store.ts';

/** As it goes over the wire. */
export function presentProviderKey(key: ProviderKey): z.output<typeof providerKey> {
  return {
    upstream: key.upstream,
    hint: key.hint,
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
    last_tested_at: key.lastTestedAt?.toISOString() ?? null,
    last_test_ok: key.lastTestOk,
  };
}
