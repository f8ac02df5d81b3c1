import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { dayOf } from '../versions/calendar.ts';
import type { Contracts } from '../versions/contract.ts';
import { phaseAt } from '../versions/lifecycle.ts';
import { countVersionKeys, listNotices, type Notice } from '../versions/notice-store.ts';
import type { Version, VersionRegistry } from '../versions/version-registry.ts';

const noticeRow = z.object({
  tenant_id: z.string(),
  kind: z.string(),
  recipient: z.string(),
  sent_at: z.string().nullable(),
});

const versionRow = z
  .object({
    version: z.string(),
    status: z.enum(['current', 'supported', 'preview', 'deprecated', 'final-month', 'retired']),
    deprecated_at: z.string().nullable(),
    sunset_at: z.string().nullable(),
    keys: z.int().describe('Keys that spoke it within the last 30 days and are not revoked'),
    notices: z.array(noticeRow),
  })
  .meta({ id: 'VersionStatus' });

const endpointRow = z
  .object({
    path: z.string(),
    status: z.enum(['supported', 'deprecated', 'final-month', 'retired']),
    deprecated_at: z.string(),
    sunset_at: z.string(),
    keys: z.int(),
    notices: z.array(noticeRow),
  })
  .meta({ id: 'DeprecatedEndpoint' });

const usedWithinMs = 30 * 86_400_000;

/** How a version stands on a day. */
export function versionStatusOf(
  registry: VersionRegistry,
  version: Version,
  nowMs: number,
): z.output<typeof versionRow>['status'] {
  if (version.declaration.status === 'preview') return 'preview';
  const phase = registry.phase(version, nowMs);
  if (phase !== 'supported') return phase;
  return version === registry.latest ? 'current' : 'supported';
}

function noticesOf(notices: readonly Notice[], subject: string): z.output<typeof noticeRow>[] {
  return notices
    .filter((notice) => notice.subject === subject)
    .map(({ tenantId, kind, recipient, sentAt }) => ({
      tenant_id: tenantId,
      kind,
      recipient,
      sent_at: sentAt?.toISOString() ?? null,
    }));
}

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
      responses: {
        200: {
          description: 'Versions, oldest first',
          schema: z.object({ data: z.array(versionRow), endpoints: z.array(endpointRow) }),
        },
      },
      handle: async () => {
        await flush();
        const nowMs = clock.now();
        const keys = await countVersionKeys(database, nowMs - usedWithinMs);
        const notices = await listNotices(database);
        const of = (subject: string) => ({ keys: keys.get(subject) ?? 0, notices: noticesOf(notices, subject) });
        const data = registry.versions.map((version) => ({
          version: version.name,
          status: versionStatusOf(registry, version, nowMs),
          deprecated_at: version.declaration.deprecatedAt ?? null,
          sunset_at: version.timeline === undefined ? null : dayOf(version.timeline.sunsetAtMs),
          ...of(version.name),
        }));
        const endpoints = contracts.deprecated.flatMap(({ path, id, timeline }) =>
          path === undefined
            ? []
            : [
                {
                  path,
                  status: phaseAt(timeline, nowMs),
                  deprecated_at: dayOf(timeline.deprecatedAtMs),
                  sunset_at: dayOf(timeline.sunsetAtMs),
                  ...of(id),
                },
              ],
        );
        return { status: 200, body: { data, endpoints } };
      },
    }),
  ];
}
