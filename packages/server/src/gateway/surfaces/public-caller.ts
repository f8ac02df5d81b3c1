import { hash } from 'node:crypto';
import type { Principal } from '../../keys/key.ts';

/** Public questions are no account's: they appear in the ledger under this key. */
const publicKeyId = 'public';

/**
 * Who a request without a key acts for: its address, counted by a limit of its own. Neither ledger nor log learns the
 * address itself.
 * @param policy name of the limit, as headers show it: `nlweb-ask`
 */
export function publicPrincipal(address: string, policy: string, perHour: number): Principal {
  const subject = hash('sha256', `turnpike public ${address}`, 'hex').slice(0, 24);
  return {
    tenantId: `public_${subject}`,
    keyId: publicKeyId,
    mode: 'live',
    scopes: new Set(['chat']),
    models: null,
    plan: publicKeyId,
    suspended: false,
    limits: [{ name: policy, counts: 'requests', window: 'hour', quota: perHour, subject: `address:${subject}` }],
    pinnedVersion: undefined,
  };
}
