import type { LedgerSurface } from '@turnpike/contract/ledger-surfaces';
import type { Feature } from '../config/schema.ts';
import type { AppError } from '../errors.ts';
import type { Principal } from '../keys/key.ts';
import type { LimitState } from '../limits/limit.ts';
import type { Contract } from '../versions/contract.ts';
import type { ClientConnection } from './client-connection.ts';
import type { JsonObject } from '../providers/provider.ts';
import type { Reading } from './reading.ts';

/** Where a reader of a recorded stream goes on. */
export interface Resumption {
  /** Number of the last event it has; 0: from the start. */
  readonly after: number;
  /** It asked for `id:` lines. */
  readonly withIds: boolean;
}

/** One request as a surface hands it to the road. */
export interface Exchange {
  readonly requestId: string;
  /** As the ledger names it. */
  readonly surface: LedgerSurface;
  /** As in OpenAPI: `/v1/chat/completions`. */
  readonly route: string;
  /** Who is calling. @throws AppError INVALID_API_KEY, EXPIRED_API_KEY, DATABASE_UNAVAILABLE */
  readonly authenticate: () => Principal | Promise<Principal>;
  /** What a plan must have for this surface; absent: nothing. */
  readonly feature?: Feature;
  /** The API-Version header. */
  readonly apiVersion: string | undefined;
  /** The checked Idempotency-Key; undefined when none was sent. */
  readonly idempotencyKey: string | undefined;
  /** How long to wait for another execution with the same key. */
  readonly waitMs: number;
  readonly resumption: Resumption;
  readonly query: unknown;
  /** The body as it came. Its checked form is made by `read`, after the caller is known. */
  readonly body: unknown;
  /** Checks the body, in the shape of today's contract. @throws AppError INVALID_REQUEST and what else is wrong with it */
  readonly read: (body: JsonObject, principal: Principal) => Reading | Promise<Reading>;
  /** A region the caller demands for this request. */
  readonly region?: string | undefined;
  /** The Cache-Control header. */
  readonly cacheControl?: string | undefined;
  /** Price as part of the usual one; absent: 1. */
  readonly priceFactor?: number;
  /** The operator asks: the answer names the target that gave it. */
  readonly showTarget?: boolean;
  readonly client: ClientConnection;
  readonly startedAtMs: number;
  /** Renders an error for a stream that has begun: whole frames. */
  readonly renderStreamError: (error: AppError) => string;
  /** Response headers of the surface, given where the limits stand. */
  readonly headers: (states: readonly LimitState[]) => string[];
  /** Tells the surface who is calling and under which contract, so that an error can speak of both. */
  readonly onPrincipal: (principal: Principal) => void;
  readonly onContract: (contract: Contract) => void;
}
