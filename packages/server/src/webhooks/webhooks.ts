import type { DeliveryStore } from './delivery-store.ts';
import type { EndpointStore } from './endpoint-store.ts';

/** Tenants are told what happens. */
export interface Webhooks {
  readonly endpoints: EndpointStore;
  readonly deliveries: DeliveryStore;
  /** @returns an address in its normal form. @throws AppError INVALID_REQUEST: events cannot be sent to it */
  readonly checkUrl: (url: string) => Promise<string>;
}
