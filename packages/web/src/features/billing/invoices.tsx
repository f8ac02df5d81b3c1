import { useQuery } from '@tanstack/react-query';
import { api, done, type Schema } from '../../api/client.ts';
import type { Billing } from '../../app/billing-query.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { invoiceTexts, texts } from './texts.ts';

type Invoice = Schema<'Invoice'>;

const tones: Readonly<Record<string, Tone>> = { paid: 'good', open: 'warn', uncollectible: 'bad' };

function Status({ status }: { readonly status: string }) {
  const names: Readonly<Record<string, string>> = useTexts(invoiceTexts);
  return <Badge tone={tones[status] ?? 'neutral'}>{names[status] ?? status}</Badge>;
}

function Links({ invoice: { hosted_invoice_url: page, invoice_pdf: pdf } }: { readonly invoice: Invoice }) {
  const text = useTexts(texts);
  const link = (url: string | null, label: string) =>
    url === null ? null : (
      <a href={url} rel="noreferrer" target="_blank">
        {label}
      </a>
    );
  return (
    <>
      {link(page, text.open)} {link(pdf, 'PDF')}
    </>
  );
}

/** Asked anew when the subscription has changed: an invoice comes with it. */
export function Invoices({ billing: { plan_id: plan, subscription } }: { readonly billing: Billing }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const invoices = useQuery({
    queryKey: ['invoices', plan, subscription.status],
    queryFn: () => done(api.GET('/account/v1/billing/invoices')),
  });
  const columns: Column<Invoice>[] = [
    { id: 'number', title: text.invoice, cell: ({ number, id }) => number ?? id },
    { id: 'date', title: text.date, cell: ({ created_at: at }) => formats.date(at) },
    { id: 'status', title: text.status, cell: ({ status }) => <Status status={status} /> },
    {
      id: 'total',
      title: text.total,
      align: 'end',
      cell: ({ total, currency }) => formats.money(total / 100, currency),
    },
    { id: 'open', title: text.open, isAction: true, cell: (invoice) => <Links invoice={invoice} /> },
  ];
  const list = () => {
    if (invoices.error !== null) return <ErrorNote error={invoices.error} />;
    if (invoices.data === undefined) return <Skeleton label={text.loading} />;
    if (invoices.data.data.length === 0) return <p>{text.noInvoices}</p>;
    return <Table caption={text.invoices} columns={columns} rows={invoices.data.data} rowId={({ id }) => id} />;
  };
  return <Card title={text.invoices}>{list()}</Card>;
}
