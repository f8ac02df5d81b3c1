import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { Catalogues } from './catalogues/catalogues.ts';
import type { SessionTokens } from './secrets/session-token.ts';
import type { AnswerSources } from './knowledge/answer-plan.ts';
import type { AlertSettingsStore } from './alerts/alert-settings.ts';
import type { Accounts } from './accounts/accounts.ts';
import type { ToolRegistry } from './tools/tool.ts';
import type { AsyncJobs } from './jobs/async-jobs.ts';
import type { Billing } from './billing/billing.ts';
import type { PurchaseStore } from './purchases/store.ts';
import type { Skill } from './hub/discovery/skills.ts';
import type { FaqFile } from './knowledge/faq-file.ts';
import { type HealthCheck } from './hub/health.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { KeyStore } from './keys/store.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Database } from './postgres/database.ts';
import type { PlanBook } from './plans/plan-book.ts';
import type { ProviderKeyManager } from './provider-keys/manage.ts';
import type { Batches } from './batches/batches.ts';
import type { FileStore } from './files/file-store.ts';
import type { ResponseStore } from './responses/store.ts';
import type { TenantStore } from './tenants/store.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

/** What the HTTP app is made of; built by compose.ts. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly planBook: PlanBook;
  /** Usage events not yet in the ledger. */
  readonly pendingUsage: () => number;
  readonly tenants: TenantStore;
  readonly keys: KeyStore;
  readonly gateway: Gateway;
  readonly responses: ResponseStore;
  readonly purchases: PurchaseStore;
  readonly billing: Billing;
  readonly files: FileStore;
  readonly batches: Batches;
  readonly providerKeys: ProviderKeyManager;
  readonly catalogues: Catalogues;
  readonly metrics: Metrics;
  /** Moves what was metered by this process into the ledger. */
  readonly flushUsage: () => Promise<void>;
  readonly health: () => Promise<readonly HealthCheck[]>;
  readonly isDraining: () => boolean;
  /** Requests that have arrived and are not answered yet. */
  readonly activity: { count: number };
  readonly documentsFolders: readonly string[];
  readonly presetFolder: string;
  readonly skills: readonly Skill[];
  readonly faq: FaqFile;
  readonly answers: AnswerSources;
  readonly tools: ToolRegistry;
  readonly accounts: Accounts;
  readonly asyncJobs: AsyncJobs;
  readonly webhooks: Webhooks;
  readonly alertSettings: AlertSettingsStore;
  readonly sessionTokens: SessionTokens;
  readonly version: string;
}
