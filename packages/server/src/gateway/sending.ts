import type { ClientConnection } from './client-connection.ts';
import type { CheckedCall } from './pipeline.ts';
import type { Settlement } from './settlement.ts';

/** An answer's way to the client. */
export interface Sending {
  readonly call: CheckedCall;
  readonly settlement: Settlement;
  readonly client: ClientConnection;
  /** Flat name, value pairs of the answer's head. */
  readonly headers: readonly string[];
}
