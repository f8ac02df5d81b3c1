import { queryOptions } from '@tanstack/react-query';
import { api, done, type Schema } from '../api/client.ts';

export type Billing = Schema<'OwnBilling'>;

/** Where the organisation stands with money. */
export const billingQuery = queryOptions({
  queryKey: ['billing'],
  queryFn: () => done(api.GET('/account/v1/billing')),
});
