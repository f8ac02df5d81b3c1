import { AppError } from '../errors.ts';
import { accountOf, type CustomerSources } from './customer.ts';

/**
 * Opens the page of Stripe's where a customer changes how he pays, sees what he paid, and ends a subscription.
 * @returns its address
 * @throws AppError CONFLICT: nothing was bought yet; PAYMENT_PROVIDER_*
 */
export async function openPortal(
  sources: CustomerSources & { readonly publicUrl: string },
  tenantId: string,
): Promise<string> {
  const { database, stripe, publicUrl } = sources;
  const { customerId: customer } = await accountOf(database, tenantId);
  if (customer === null)
    throw new AppError('CONFLICT', 'Your organisation has bought nothing yet. Choose a plan first.');
  const session = await stripe.call((client) =>
    client.billingPortal.sessions.create({ customer, return_url: `${publicUrl}/console/billing` }),
  );
  return session.url;
}
