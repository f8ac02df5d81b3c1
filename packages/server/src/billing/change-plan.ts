import { AppError } from '../errors.ts';
import { changeAtStripe } from './ask-stripe.ts';
import { itemsOf, openSubscription, soldPlan, type CheckoutSources } from './checkout.ts';
import { openAccountOf } from './customer.ts';
import type { Stripe } from './stripe-client.ts';
import { subscriptionsOf } from './subscription-store.ts';

/** What of a subscription has to change so that it consists of these prices. Items of other products are left alone. */
function changedItems(
  current: readonly Stripe.SubscriptionItem[],
  wanted: readonly string[],
  ours: (price: string) => boolean,
): Stripe.SubscriptionUpdateParams.Item[] {
  const [base, ...metered] = wanted;
  const own = current.filter(({ price }) => ours(price.id));
  // The licensed item is turned into the new price, so that Stripe prorates; metered ones have nothing to prorate.
  const licensed = own.find(({ price }) => price.recurring?.usage_type !== 'metered');
  const rest = own.filter((item) => item !== licensed);
  return [
    { ...(licensed === undefined ? { quantity: 1 } : { id: licensed.id }), price: base ?? '' },
    ...rest.filter(({ price }) => !metered.includes(price.id)).map(({ id }) => ({ id, deleted: true })),
    ...metered.filter((price) => !rest.some((item) => item.price.id === price)).map((price) => ({ price })),
  ];
}

/**
 * Changes the plan of the running subscription, at once. What was paid and what is to be paid is Stripe's to work out.
 * @throws AppError INVALID_REQUEST (plan), CONFLICT: nothing runs, or it is this plan; PAYMENT_PROVIDER_*
 */
export async function changePlan(sources: CheckoutSources, tenantId: string, planName: string): Promise<void> {
  const { database, rules } = sources;
  const wanted = itemsOf(soldPlan(rules, planName));
  await openAccountOf(database, tenantId);
  const subscription = openSubscription(await database.query((executor) => subscriptionsOf(executor, tenantId)));
  if (subscription === undefined)
    throw new AppError('CONFLICT', 'Nothing is subscribed yet. Buy the plan with POST /account/v1/billing/checkout.');
  if (subscription.plan === planName && subscription.cancelAtMs === null)
    throw new AppError('CONFLICT', `Your organisation has the plan ${JSON.stringify(planName)} already.`);
  const metered = new Set([...rules.plans.entries()].map(([, { overage }]) => overage?.stripe_price));
  const ours = (price: string) => rules.planOfPrice(price) !== undefined || metered.has(price);
  await changeAtStripe(sources, subscription.id, async (client) => {
    const current = await client.subscriptions.retrieve(subscription.id);
    return client.subscriptions.update(subscription.id, {
      items: changedItems(current.items.data, wanted, ours),
      proration_behavior: 'create_prorations',
      // Who chooses a plan wants to go on.
      ...(current.cancel_at_period_end ? { cancel_at_period_end: false } : {}),
      ...(!current.cancel_at_period_end && current.cancel_at !== null ? { cancel_at: '' } : {}),
    });
  });
}
