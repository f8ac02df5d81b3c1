import { usageDimension, type usageQuery } from '@turnpike/contract/admin';
import { pagination } from '@turnpike/contract/pagination';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import { queryUsage, type UsageDimension } from './usage-query.ts';

const row = z
  .looseObject({
    requests: z.int(),
    errors: z.int(),
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    average_duration_ms: z.int(),
    cost: z.string(),
    currency: z.string(),
  })
  .meta({ id: 'UsageRow' });

function dimensions(groupBy: string | undefined): UsageDimension[] {
  const names = (groupBy ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.map((name) => {
    const parsed = usageDimension.safeParse(name);
    if (parsed.success) return parsed.data;
    throw new AppError(
      'INVALID_REQUEST',
      `group_by: ${JSON.stringify(name)} is not one of ${usageDimension.options.join(', ')}.`,
      { param: 'group_by' },
    );
  });
}

function monthStart(nowMs: number): Date {
  const now = new Date(nowMs);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
}

export const usageReport = z.object({ data: z.array(row), pagination });

/**
 * Sums of the ledger as a query of the API asks for them.
 * @param tenantId whose; undefined: everybody's
 * @throws AppError INVALID_REQUEST naming the field
 */
export async function readUsageReport(
  {
    database,
    clock,
    flush,
  }: { readonly database: Database; readonly clock: Clock; readonly flush: () => Promise<void> },
  tenantId: string | undefined,
  query: Omit<z.output<typeof usageQuery>, 'tenant'>,
) {
  const from = query.from === undefined ? monthStart(clock.now()) : new Date(query.from);
  const to = query.to === undefined ? new Date(clock.now() + 3_600_000) : new Date(query.to);
  if (from >= to) throw new AppError('INVALID_REQUEST', 'from: must be before to.', { param: 'from' });
  // What this process has metered but not moved yet belongs to the answer.
  await flush();
  const { key: keyId, model, group_by: groupBy, after, limit } = query;
  return queryUsage({ database }, { tenantId, keyId, model, from, to, groupBy: dimensions(groupBy), after, limit });
}
