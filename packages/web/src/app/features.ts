import { audit } from '../features/audit/feature.ts';
import { batches } from '../features/batches/feature.ts';
import { billing } from '../features/billing/feature.ts';
import { files } from '../features/files/feature.ts';
import { home } from '../features/home/feature.ts';
import { jobs } from '../features/jobs/feature.ts';
import { keys } from '../features/keys/feature.ts';
import { members } from '../features/members/feature.ts';
import { organization } from '../features/organization/feature.ts';
import { playground } from '../features/playground/feature.ts';
import { providerKeys } from '../features/provider-keys/feature.ts';
import { requests } from '../features/requests/feature.ts';
import { security } from '../features/security/feature.ts';
import { staffPlans } from '../features/staff-plans/feature.ts';
import { staffService } from '../features/staff-service/feature.ts';
import { staffTenants } from '../features/staff-tenants/feature.ts';
import { staffVersions } from '../features/staff-versions/feature.ts';
import { usage } from '../features/usage/feature.ts';
import { webhooks } from '../features/webhooks/feature.ts';
import type { Feature } from './feature.ts';

/** In the order of the menu. */
export const features: readonly Feature[] = [
  ...[home, playground, keys, usage, requests, jobs, files, batches, webhooks, providerKeys],
  ...[members, billing, audit, organization],
  security,
  ...[staffTenants, staffPlans, staffVersions, staffService],
];
