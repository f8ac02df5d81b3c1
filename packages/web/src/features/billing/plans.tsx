import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { billingQuery, type Billing } from '../../app/billing-query.ts';
import { useMay } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Contact } from './contact.tsx';
import styles from './plans.module.css';
import { leaveFor } from './standing.tsx';
import { texts } from './texts.ts';

type Offered = Schema<'OfferedPlan'>;

/** By the payment provider's page; or, where there is a subscription already, at once after a question. */
function Choose({ plan }: { readonly plan: Offered }) {
  const text = useTexts(texts);
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const body = { plan: plan.id };
  const buy = useMutation({
    mutationFn: () => done(api.POST('/account/v1/billing/checkout', { body })),
    onSuccess: leaveFor,
  });
  const change = async () =>
    queries.setQueryData(billingQuery.queryKey, await done(api.POST('/account/v1/billing/plan', { body })));
  return (
    <>
      {buy.error === null ? null : <ErrorNote error={buy.error} />}
      <Button
        kind="primary"
        isBusy={buy.isPending}
        onClick={() => {
          if (plan.can_checkout) buy.mutate();
          else setAsking(true);
        }}
      >
        {text.choosePlan(plan.title)}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={text.changeTitle(plan.title)}
        kind="primary"
        confirm={text.choosePlan(plan.title)}
        onConfirm={change}
      >
        {text.changeNote}
      </ConfirmDialog>
    </>
  );
}

function Price({ plan, contact }: { readonly plan: Offered; readonly contact: string | null }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const { price } = plan;
  if (price !== null)
    return (
      <p className={styles['price']}>
        <strong>{formats.money(price.amount, price.currency)}</strong> / {text[price.interval]}
      </p>
    );
  return (
    <p className={styles['price']}>
      {text.ask}
      {contact === null || plan.is_current ? null : (
        <>
          : <Contact contact={contact} />
        </>
      )}
    </p>
  );
}

function Limits({ plan: { limits, overage, models } }: { readonly plan: Offered }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const rows = [
    [text.tokens, limits.tokens_per_month, formats.short],
    [text.tokensDay, limits.tokens_per_day, formats.short],
    [text.tokensMinute, limits.tokens_per_minute, formats.short],
    [text.requests, limits.requests_per_minute, formats.count],
  ] as const;
  return (
    <dl className={styles['limits']}>
      {rows.map(([label, limit, show], index) =>
        limit === null && index > 0 ? null : (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{limit === null ? text.unlimited : show(limit)}</dd>
          </div>
        ),
      )}
      {overage?.price_per_million === undefined || overage.price_per_million === null ? null : (
        <div>
          <dt>{text.more}</dt>
          <dd>{text.perMillion(formats.money(overage.price_per_million, overage.currency))}</dd>
        </div>
      )}
      {models === null ? null : (
        <div>
          <dt>{text.models}</dt>
          <dd>{formats.count(models.length)}</dd>
        </div>
      )}
    </dl>
  );
}

/** What there is to choose from. */
export function Plans({ billing }: { readonly billing: Billing }) {
  const text = useTexts(texts);
  const mayPay = useMay()('billing:write');
  return (
    <section className={styles['plans']} aria-labelledby="plans">
      <h2 id="plans">{text.plans}</h2>
      <ul>
        {billing.plans.map((plan) => (
          <li key={plan.id} className={styles['plan']} data-current={plan.is_current}>
            <header>
              <h3>{plan.title}</h3>
              {plan.is_current ? <Badge tone="good">{text.current}</Badge> : null}
            </header>
            <Price plan={plan} contact={billing.contact} />
            {plan.description === null ? null : <p>{plan.description}</p>}
            {plan.highlights.length === 0 ? null : (
              <ul>
                {plan.highlights.map((highlight) => (
                  <li key={highlight}>{highlight}</li>
                ))}
              </ul>
            )}
            <Limits plan={plan} />
            {mayPay && (plan.can_checkout || plan.can_change) ? <Choose plan={plan} /> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
