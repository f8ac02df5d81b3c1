import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { dayOf } from '../versions/calendar.ts';
import type { Contracts } from '../versions/contract.ts';
import { countVersionKeys, listNotices } from '../versions/notice-store.ts';

const versionRow = z
  .object({
    version: z.string(),
    status: z.enum(['current', 'supported', 'preview', 'deprecated', 'final-month', 'retired']),
    deprecated_at: z.string().nullable(),
    sunset_at: z.string().nullable(),
    keys: z.int().describe('Keys that spoke it within the last 30 days and are not revoked'),
    notices: z.array(
      z.object({ tenant_id: z.string(), kind: z.string(), recipient: z.string(), sent_at: z.string().nullable() }),
    ),
  })
  .meta({ id: 'VersionStatus' });

const usedWithinMs = 30 * 86_400_000;

interface Options {
  readonly database: Database;
  readonly contracts: Contracts;
  readonly clock: Clock;
  readonly flush: () => Promise<void>;
}

/** GET /admin/v1/versions: who is still on what, and who has been told. */
export function versionRoutes({ database, contracts, clock, flush }: Options): ApiRoute[] {
  const { registry } = contracts;
  return [
    jsonRoute({
      method: 'GET',
      path: '/admin/v1/versions',
      operationId: 'listVersions',
      summary: 'API versions, the keys still on each, and the mails sent',
      tag: 'admin',
      security: 'admin',
      responses: { 200: { description: 'Versions, oldest first', schema: z.object({ data: z.array(versionRow) }) } },
      handle: async () => {
        await flush();
        const nowMs = clock.now();
        const keys = await countVersionKeys(database, nowMs - usedWithinMs);
        const notices = await listNotices(database);
        const data = registry.versions.map((version) => {
          const phase = registry.phase(version, nowMs);
          const supported = version === registry.latest ? 'current' : 'supported';
          return {
            version: version.name,
            status: version.declaration.status === 'preview' ? 'preview' : phase === 'supported' ? supported : phase,
            deprecated_at: version.declaration.deprecatedAt ?? null,
            sunset_at: version.timeline === undefined ? null : dayOf(version.timeline.sunsetAtMs),
            keys: keys.get(version.name) ?? 0,
            notices: notices
              .filter((notice) => notice.subject === version.name)
              .map(({ tenantId, kind, recipient, sentAt }) => ({
                tenant_id: tenantId,
                kind,
                recipient,
                sent_at: sentAt?.toISOString() ?? null,
              })),
          };
        });
        return { status: 200, body: { data } };
      },
    }),
  ];
}
