import type { KeyRecord, KeyStore } from '../../keys/store.ts';
import type { TokenRecords } from './token-records.ts';

/** Who ordered work earlier, as of now: a key, an application or a person. */
export function findPrincipal(
  keys: Pick<KeyStore, 'findById'>,
  tokens: Pick<TokenRecords, 'principalById'>,
): KeyStore['findById'] {
  return async (tenantId, keyId): Promise<KeyRecord | undefined> => {
    if (keyId.startsWith('key_')) return keys.findById(tenantId, keyId);
    const principal = await tokens.principalById(tenantId, keyId);
    const never = Number.POSITIVE_INFINITY;
    return principal === undefined
      ? undefined
      : { principal, revoked: false, keyExpiresAtMs: never, secretExpiresAtMs: never };
  };
}
