import type { AuditLog } from '../audit/audit-log.ts';
import type { Authenticator } from '../keys/authenticator.ts';
import type { Mail } from '../mail/mailer.ts';
import type { Auth } from './create-auth.ts';
import type { MemberStore } from './member-store.ts';
import type { MembershipStore } from './membership-store.ts';
import type { Staff } from './staff.ts';
import type { TrialNotices } from './trial-notices.ts';
import type { ChosenOrganization } from './oauth/chosen-organization.ts';
import type { TokenRecords } from './oauth/token-records.ts';
import type { SignInProviders } from './sign-in-providers.ts';

/** People and where they belong. */
export interface Accounts {
  readonly auth: Auth;
  readonly memberships: MembershipStore;
  readonly members: MemberStore;
  readonly staff: Staff;
  readonly audit: AuditLog;
  readonly trialNotices: TrialNotices;
  readonly send: (mail: Mail) => Promise<void>;
  readonly chosen: ChosenOrganization;
  /** Tokens of people and applications, on the road. */
  readonly tokens: Authenticator;
  readonly tokenRecords: TokenRecords;
  readonly providers: SignInProviders;
}
