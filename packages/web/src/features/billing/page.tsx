import { useMutation, useQuery } from '@tanstack/react-query';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, Figure, Figures, PageHeader } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote, ErrorState } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { texts } from './texts.ts';

type Billing = Schema<'OwnBilling'>;
type Offered = Schema<'OfferedPlan'>;

/** A page of the payment provider's is gone to. */
const leave = ({ url }: { readonly url: string }) => window.location.assign(url);

function Choose({ plan }: { readonly plan: Offered }) {
  const text = useTexts(texts);
  const buy = useMutation({
    mutationFn: async () => {
      const body = { plan: plan.id };
      if (plan.can_checkout) leave(await done(api.POST('/account/v1/billing/checkout', { body })));
      else {
        await done(api.POST('/account/v1/billing/plan', { body }));
        window.location.reload();
      }
    },
  });
  if (!plan.can_checkout && !plan.can_change) return null;
  return (
    <>
      {buy.error === null ? null : <ErrorNote error={buy.error} />}
      <Button kind="primary" size="small" isBusy={buy.isPending} onClick={() => buy.mutate()}>
        {text.choose}
      </Button>
    </>
  );
}

function Plans({ billing }: { readonly billing: Billing }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const mayPay = useMay()('billing:write');
  const perMonth = (plan: Offered) =>
    plan.limits.tokens_per_month === null ? text.unlimited : formats.short(plan.limits.tokens_per_month);
  const columns: Column<Offered>[] = [
    {
      id: 'plan',
      title: text.plan,
      cell: (plan) => (
        <>
          <strong>{plan.title}</strong> {plan.is_current ? <Badge tone="good">{text.current}</Badge> : null}
        </>
      ),
    },
    {
      id: 'price',
      title: text.price,
      cell: ({ price }) =>
        price === null ? text.ask : `${formats.money(price.amount, price.currency)} / ${text[price.interval]}`,
    },
    { id: 'tokens', title: text.tokens, align: 'end', cell: perMonth },
    {
      id: 'requests',
      title: text.requests,
      align: 'end',
      cell: ({ limits }) =>
        limits.requests_per_minute === null ? text.unlimited : formats.count(limits.requests_per_minute),
    },
    { id: 'choose', title: text.choose, isAction: true, cell: (plan) => (mayPay ? <Choose plan={plan} /> : null) },
  ];
  return <Table caption={text.plans} columns={columns} rows={billing.plans} rowId={({ id }) => id} />;
}

function Standing({ billing }: { readonly billing: Billing }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const mayPay = useMay()('billing:write');
  const { subscription } = billing;
  const portal = useMutation({ mutationFn: () => done(api.POST('/account/v1/billing/portal')), onSuccess: leave });
  return (
    <Card
      title={text.standing}
      action={
        billing.can_open_portal && mayPay ? (
          <Button isBusy={portal.isPending} onClick={() => portal.mutate()}>
            {text.portal}
          </Button>
        ) : undefined
      }
    >
      <Figures>
        <Figure label={text.plan} value={billing.plan?.title ?? billing.plan_id} />
        <Figure label={text.subscription} value={text[subscription.status]} />
        {subscription.current_period_end === null ? null : (
          <Figure label={text.renewed} value={formats.date(subscription.current_period_end)} />
        )}
      </Figures>
      {subscription.grace_ends_at === null ? null : (
        <p role="alert">{text.grace(formats.date(subscription.grace_ends_at))}</p>
      )}
      {subscription.cancel_at === null ? null : <p>{text.ends(formats.date(subscription.cancel_at))}</p>}
      {billing.overage === null ? null : (
        <p>
          {text.overage(
            formats.count(billing.overage.tokens),
            formats.money(billing.overage.cost ?? 0, billing.overage.currency),
          )}
        </p>
      )}
      {billing.can_pay_online ? null : <p>{text.byHand(billing.contact ?? '–')}</p>}
      {portal.error === null ? null : <ErrorNote error={portal.error} />}
    </Card>
  );
}

function Invoices() {
  const text = useTexts(texts);
  const formats = useFormats();
  const invoices = useQuery({ queryKey: ['invoices'], queryFn: () => done(api.GET('/account/v1/billing/invoices')) });
  const columns: Column<Schema<'Invoice'>>[] = [
    { id: 'number', title: text.invoice, cell: ({ number, id }) => number ?? id },
    { id: 'date', title: text.date, cell: ({ created_at: at }) => formats.date(at) },
    { id: 'status', title: text.status, cell: ({ status }) => status },
    {
      id: 'total',
      title: text.total,
      align: 'end',
      cell: ({ total, currency }) => formats.money(total / 100, currency),
    },
    {
      ...{ id: 'open', title: text.open, isAction: true },
      cell: ({ hosted_invoice_url: url }) =>
        url === null ? null : (
          <a href={url} rel="noreferrer" target="_blank">
            {text.open}
          </a>
        ),
    },
  ];
  if (invoices.error !== null) return <ErrorNote error={invoices.error} />;
  if (invoices.data === undefined) return <Skeleton label={text.loading} />;
  if (invoices.data.data.length === 0) return <p>{text.noInvoices}</p>;
  return <Table caption={text.invoices} columns={columns} rows={invoices.data.data} rowId={({ id }) => id} />;
}

export function Page() {
  const text = useTexts(texts);
  const billing = useQuery({ queryKey: ['billing'], queryFn: () => done(api.GET('/account/v1/billing')) });
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {billing.error !== null ? <ErrorState error={billing.error} onRetry={() => void billing.refetch()} /> : null}
      {billing.data === undefined ? (
        <Skeleton label={text.loading} lines={6} />
      ) : (
        <>
          <Standing billing={billing.data} />
          <Plans billing={billing.data} />
          {billing.data.can_pay_online ? (
            <Card title={text.invoices}>
              <Invoices />
            </Card>
          ) : null}
        </>
      )}
    </>
  );
}
