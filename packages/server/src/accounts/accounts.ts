import type { Auth } from './create-auth.ts';
import type { Authenticator } from '../keys/authenticator.ts';
import type { MembershipStore } from './membership-store.ts';
import type { ChosenOrganization } from './oauth/chosen-organization.ts';
import type { TokenRecords } from './oauth/token-records.ts';
import type { SignInProviders } from './sign-in-providers.ts';

/** People and where they belong. */
export interface Accounts {
  readonly auth: Auth;
  readonly memberships: MembershipStore;
  readonly chosen: ChosenOrganization;
  /** Tokens of people and applications, on the road. */
  readonly tokens: Authenticator;
  readonly tokenRecords: TokenRecords;
  readonly providers: SignInProviders;
}
