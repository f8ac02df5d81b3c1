import { pageOf, pageQuery } from '@turnpike/contract/pagination';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { Database } from '../postgres/database.ts';
import { dayOf } from '../versions/calendar.ts';
import type { Contracts } from '../versions/contract.ts';
import { phaseAt, type Timeline } from '../versions/lifecycle.ts';
import { countVersionKeys, listNotices, listVersionKeys, type Notice } from '../versions/notice-store.ts';
import type { Version, VersionRegistry } from '../versions/version-registry.ts';
import { toPage } from './page.ts';

const noticeRow = z.object({
  tenant_id: z.string(),
  kind: z.string(),
  recipient: z.string(),
  sent_at: z.string().nullable(),
});

const day = z.string().nullable();

const versionRow = z
  .object({
    version: z.string(),
    status: z.enum(['current', 'supported', 'preview', 'deprecated', 'final-month', 'retired']),
    deprecated_at: day,
    first_notice_at: day.describe('When the first mails go out'),
    final_notice_at: day.describe('When the last mails go out'),
    sunset_at: day,
    keys: z.int().describe('Keys that spoke it within the last 30 days and are not revoked'),
    notices: z.array(noticeRow),
  })
  .meta({ id: 'VersionStatus' });

const endpointRow = z
  .object({
    path: z.string(),
    status: z.enum(['supported', 'deprecated', 'final-month', 'retired']),
    deprecated_at: z.string(),
    first_notice_at: z.string(),
    final_notice_at: z.string(),
    sunset_at: z.string(),
    keys: z.int(),
    notices: z.array(noticeRow),
  })
  .meta({ id: 'DeprecatedEndpoint' });

const keyRow = z
  .object({
    key_id: z.string(),
    key_name: z.string(),
    tenant_id: z.string(),
    tenant_name: z.string(),
    contact_email: z.string().nullable().describe('Where the mails go; null: nobody can be told'),
    last_used_at: z.string(),
  })
  .meta({ id: 'VersionKey' });

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

function daysOf({ deprecatedAtMs, firstNoticeAtMs, finalNoticeAtMs, sunsetAtMs }: Timeline) {
  return {
    deprecated_at: dayOf(deprecatedAtMs),
    first_notice_at: dayOf(firstNoticeAtMs),
    final_notice_at: dayOf(finalNoticeAtMs),
    sunset_at: dayOf(sunsetAtMs),
  };
}

const noDays = { deprecated_at: null, first_notice_at: null, final_notice_at: null, sunset_at: null };

interface Options {
  readonly database: Database;
  readonly contracts: Contracts;
  readonly clock: Clock;
  readonly flush: () => Promise<void>;
}

/** What a version or deprecated path is kept under. @throws AppError RESOURCE_NOT_FOUND */
function subjectOf({ registry, deprecated }: Contracts, name: string): string {
  const version = registry.versions.find((known) => known.name === name);
  const endpoint = deprecated.find(({ path }) => path === name);
  const subject = version?.name ?? endpoint?.id;
  if (subject !== undefined) return subject;
  throw new AppError(
    'RESOURCE_NOT_FOUND',
    `subject: ${JSON.stringify(name)} is neither a version nor a deprecated path. GET /admin/v1/versions lists them.`,
    { param: 'subject' },
  );
}

function versionKeyRoute({ database, contracts, clock, flush }: Options): ApiRoute {
  return jsonRoute({
    method: 'GET',
    path: '/admin/v1/version-keys',
    operationId: 'listVersionKeys',
    summary: 'The keys that still speak a version or call a deprecated path',
    tag: 'admin',
    security: 'admin',
    query: z.strictObject({
      subject: z.string().min(1).max(200).describe('A version, or the path of a deprecated endpoint'),
      ...pageQuery,
    }),
    responses: { 200: { description: 'A page of keys', schema: pageOf(keyRow) } },
    handle: async ({ query: { subject, after, limit } }) => {
      await flush();
      const rows = await listVersionKeys(database, {
        version: subjectOf(contracts, subject),
        sinceMs: clock.now() - usedWithinMs,
        after,
        limit,
      });
      const body = toPage(
        rows,
        limit,
        ({ keyId }) => keyId,
        (row) => ({
          key_id: row.keyId,
          key_name: row.keyName,
          tenant_id: row.tenantId,
          tenant_name: row.tenantName,
          contact_email: row.contactEmail,
          last_used_at: row.lastUsedAt.toISOString(),
        }),
      );
      return { status: 200, body };
    },
  });
}

/** GET /admin/v1/versions: who is still on what, and who has been told. */
export function versionRoutes(options: Options): ApiRoute[] {
  const { database, contracts, clock, flush } = options;
  const { registry } = contracts;
  return [
    versionKeyRoute(options),
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
          ...(version.timeline === undefined ? noDays : daysOf(version.timeline)),
          ...of(version.name),
        }));
        const endpoints = contracts.deprecated.flatMap(({ path, id, timeline }) =>
          path === undefined
            ? []
            : [
                {
                  path,
                  status: phaseAt(timeline, nowMs),
                  ...daysOf(timeline),
                  ...of(id),
                },
              ],
        );
        return { status: 200, body: { data, endpoints } };
      },
    }),
  ];
}
