import type { SubscribedEventType } from '@turnpike/contract/account-webhooks';

/** An address of a tenant's that is told what happens. */
export interface Endpoint {
  readonly id: string;
  readonly tenantId: string;
  readonly url: string;
  readonly description: string;
  /** null: everything. */
  readonly eventTypes: readonly SubscribedEventType[] | null;
  readonly enabled: boolean;
  /** Why the platform disabled it. */
  readonly disabledReason: 'gone' | 'failing' | null;
  readonly lastSuccessAt: Date | null;
  /** Until then deliveries are signed with an old secret too. */
  readonly oldSecretExpiresAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly responseStatus: number | null;
  readonly nextAttemptAt: Date | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

export interface DeliveryAttempt {
  readonly number: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  readonly error: string | null;
}

export interface DeliveryDetail extends Delivery {
  readonly payload: string;
  readonly attemptLog: readonly DeliveryAttempt[];
}
