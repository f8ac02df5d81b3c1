import type { AuditLog } from '../audit/audit-log.ts';
import type { Mail } from '../mail/mailer.ts';
import type { Auth } from './create-auth.ts';
import type { MemberStore } from './member-store.ts';
import type { MembershipStore } from './membership-store.ts';
import type { Staff } from './staff.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';
import type { TrialNotices } from './trial-notices.ts';

/** People and where they belong. */
export interface Accounts {
  readonly auth: Auth;
  readonly tokens: TokenAuthenticator;
  readonly memberships: MembershipStore;
  readonly members: MemberStore;
  readonly staff: Staff;
  readonly audit: AuditLog;
  readonly trialNotices: TrialNotices;
  readonly send: (mail: Mail) => Promise<void>;
}
