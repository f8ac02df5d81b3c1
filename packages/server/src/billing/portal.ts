import { AppError } from '../errors.ts';
import { dropCustomer } from './billing-account.ts';
import { accountOf, type CustomerSources } from './customer.ts';
import { isMissing } from './stripe-client.ts';

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
  const nothing = () => new AppError('CONFLICT', 'Your organisation has bought nothing yet. Choose a plan first.');
  if (customer === null) throw nothing();
  try {
    const session = await stripe.call((client) =>
      client.billingPortal.sessions.create({ customer, return_url: `${publicUrl}/console/billing` }),
    );
    return session.url;
  } catch (error) {
    if (!isMissing(error, 'customer')) throw error;
    await dropCustomer(database, tenantId, customer);
    throw nothing();
  }
}
