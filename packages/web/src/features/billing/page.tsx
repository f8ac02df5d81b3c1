import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { billingQuery, type Billing } from '../../app/billing-query.ts';
import { meQuery, useMe } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Invoices } from './invoices.tsx';
import { Plans } from './plans.tsx';
import { Standing } from './standing.tsx';
import { texts } from './texts.ts';
import styles from './page.module.css';

/** So often the page looks for what was paid, changed or ended elsewhere. */
const refetchInterval = 3_000;

/** What became of the payment page that somebody comes back from. */
function Returned({ billing }: { readonly billing: Billing }) {
  const text = useTexts(texts);
  const { checkout }: { readonly checkout?: unknown } = useSearch({ strict: false });
  if (checkout !== 'success' && checkout !== 'cancelled') return null;
  const { status } = billing.subscription;
  const isBought = status === 'active' || status === 'trialing';
  if (checkout === 'cancelled' && isBought) return null;
  const bought = isBought ? text.bought(billing.plan?.title ?? billing.plan_id) : text.confirming;
  return (
    <p className={styles['returned']} role="status">
      {checkout === 'success' ? bought : text.cancelled}
    </p>
  );
}

/** The trial that the frame tells of ends with the plan that is chosen. */
function useTrialOf(billing: Billing | undefined): void {
  const queries = useQueryClient();
  const me = useMe();
  const shown = me.organizations.find(({ id }) => id === me.organization)?.trial_ends_at ?? null;
  const isOld = billing !== undefined && billing.trial_ends_at !== shown;
  useEffect(() => {
    if (isOld) void queries.invalidateQueries({ queryKey: meQuery.queryKey });
  }, [isOld, queries]);
}

export function Page() {
  const text = useTexts(texts);
  const billing = useQuery({ ...billingQuery, refetchInterval });
  useTrialOf(billing.data);
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {billing.error !== null && billing.data === undefined ? (
        <ErrorState error={billing.error} onRetry={() => void billing.refetch()} />
      ) : null}
      {billing.isPending ? <Skeleton label={text.loading} lines={6} /> : null}
      {billing.data === undefined ? null : (
        <>
          <Returned billing={billing.data} />
          <Standing billing={billing.data} />
          <Plans billing={billing.data} />
          {billing.data.can_pay_online ? <Invoices billing={billing.data} /> : null}
        </>
      )}
    </>
  );
}
