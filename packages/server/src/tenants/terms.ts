import type { Principal } from '../keys/key.ts';

/** A tenant's columns that decide what may be done in its name. */
export interface TermsRow {
  readonly plan: string;
  readonly suspended: boolean;
  readonly overage: boolean;
  readonly region: string | null;
  readonly trialEndsAt: Date | null;
  readonly creditTokens: number;
  readonly creditUntil: Date | null;
  readonly keptBodiesDays: number | null;
}

type Terms = Pick<
  Principal,
  'plan' | 'suspended' | 'overage' | 'region' | 'trialEndsAtMs' | 'credit' | 'keptBodiesDays'
>;

/** The same for whoever acts for a tenant: its keys, people and applications. */
export function termsOf(row: TermsRow): Terms {
  return {
    plan: row.plan,
    suspended: row.suspended,
    overage: row.overage ? true : undefined,
    region: row.region ?? undefined,
    trialEndsAtMs: row.trialEndsAt?.getTime(),
    keptBodiesDays: row.keptBodiesDays ?? undefined,
    credit: row.creditUntil === null ? undefined : { tokens: row.creditTokens, untilMs: row.creditUntil.getTime() },
  };
}
