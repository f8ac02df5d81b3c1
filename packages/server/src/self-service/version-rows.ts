import type { apiVersionStatus } from '@turnpike/contract/account-console';
import type { z } from 'zod';
import { versionStatusOf } from '../admin/version-routes.ts';
import { dayOf } from '../versions/calendar.ts';
import type { VersionRegistry } from '../versions/version-registry.ts';

/** All versions as they stand, oldest first. */
export function versionRows(registry: VersionRegistry, nowMs: number): z.output<typeof apiVersionStatus>[] {
  return registry.versions.map((version) => ({
    version: version.name,
    status: versionStatusOf(registry, version, nowMs),
    deprecated_at: version.declaration.deprecatedAt ?? null,
    sunset_at: version.timeline === undefined ? null : dayOf(version.timeline.sunsetAtMs),
  }));
}
