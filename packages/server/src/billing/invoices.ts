import { AppError } from '../errors.ts';
import { accountOf, type CustomerSources } from './customer.ts';
import { isMissing, type Stripe } from './stripe-client.ts';

export interface Invoice {
  readonly id: string;
  readonly number: string | null;
  readonly status: string;
  /** In the currency's smallest unit. */
  readonly total: number;
  readonly amountDue: number;
  readonly amountPaid: number;
  readonly currency: string;
  readonly createdAt: Date;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly url: string | null;
  readonly pdf: string | null;
}

function toInvoice(invoice: Stripe.Invoice): Invoice {
  const instant = (seconds: number) => new Date(seconds * 1_000);
  return {
    id: invoice.id,
    number: invoice.number,
    status: invoice.status ?? 'draft',
    total: invoice.total,
    amountDue: invoice.amount_due,
    amountPaid: invoice.amount_paid,
    currency: invoice.currency.toUpperCase(),
    createdAt: instant(invoice.created),
    periodStart: instant(invoice.period_start),
    periodEnd: instant(invoice.period_end),
    url: invoice.hosted_invoice_url ?? null,
    pdf: invoice.invoice_pdf ?? null,
  };
}

/**
 * A tenant's invoices, the newest first.
 * @throws AppError INVALID_REQUEST (after), PAYMENT_PROVIDER_*
 */
export async function listInvoices(
  { database, stripe }: CustomerSources,
  tenantId: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<{ readonly invoices: readonly Invoice[]; readonly hasMore: boolean }> {
  const { customerId: customer } = await accountOf(database, tenantId);
  if (customer === null) return { invoices: [], hasMore: false };
  try {
    const page = await stripe.call((client) =>
      client.invoices.list({ customer, limit, ...(after === undefined ? {} : { starting_after: after }) }),
    );
    return { invoices: page.data.map(toInvoice), hasMore: page.has_more };
  } catch (error) {
    if (isMissing(error, 'customer')) return { invoices: [], hasMore: false };
    if (!isMissing(error, 'starting_after')) throw error;
    throw new AppError('INVALID_REQUEST', 'after: is no cursor of this list.', { param: 'after' });
  }
}
