import type { Auth } from './create-auth.ts';
import type { MembershipStore } from './membership-store.ts';

/** People and where they belong. */
export interface Accounts {
  readonly auth: Auth;
  readonly memberships: MembershipStore;
}
