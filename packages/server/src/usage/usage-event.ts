import type { Reservation } from '../limits/limit.ts';

/** How a metered request ended. */
export type UsageStatus = 'completed' | 'failed' | 'cancelled' | 'interrupted';

/** Token counts of one request. `cachedTokens` is part of `promptTokens`, `reasoningTokens` of `completionTokens`. */
export interface TokenCounts {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
}

/** What is known when the request goes to an upstream; written first, so that a crash cannot hide the request. */
export interface UsageOpen {
  /** Unique id of the event (a ULID); the ledger keeps one row per id. */
  readonly id: string;
  readonly requestId: string;
  readonly tenantId: string;
  readonly keyId: string;
  readonly mode: 'live' | 'test';
  readonly surface: string;
  readonly model: string;
  /** `upstream/model` of the target. */
  readonly target: string;
  readonly stream: boolean;
  readonly startedAtMs: number;
  /** Estimate made before the call. */
  readonly promptTokens: number;
  /** Integer price of a token in 1e-9 units of `currency`: so that recovery can bill without the config of then. */
  readonly inputNanosPerToken: number;
  readonly cachedInputNanosPerToken: number;
  readonly outputNanosPerToken: number;
  readonly currency: string;
  /** What admission took, so that recovery can give back what was not used. */
  readonly reservation?: Reservation;
}

/** One try of a target. */
export interface UsageAttempt {
  /** `upstream/model`. */
  readonly target: string;
  /** `ok`, an error code, or why the target was passed over: `circuit_open`, `saturated`. */
  readonly outcome: string;
  readonly duration_ms: number;
}

/** One metered request as the ledger keeps it. */
export interface UsageEvent extends UsageOpen, TokenCounts {
  readonly status: UsageStatus;
  readonly httpStatus: number;
  readonly errorCode: string | null;
  /** True when the upstream gave no usage and the counts are ours. */
  readonly estimated: boolean;
  readonly costNanos: number;
  readonly durationMs: number;
  readonly firstByteMs: number | null;
  /** Absent when the first target answered at once. */
  readonly attempts?: readonly UsageAttempt[];
}

/**
 * The meter as the road sees it. `open` and `progress` are buffered and reach the file within a loop turn;
 * `close` has reached the file (write(2) returned) when it returns, so that the last byte may be sent.
 */
export interface UsageMeter {
  open(record: UsageOpen): void;
  /** What was delivered so far; called at most once a second for a stream. */
  progress(id: string, completionTokens: number): void;
  close(event: UsageEvent): void;
}

/** Cost in 1e-9 currency units. Cached prompt tokens have their own price. Test keys cost nothing. */
export function costNanos(open: UsageOpen, tokens: TokenCounts): number {
  if (open.mode === 'test') return 0;
  const uncached = Math.max(0, tokens.promptTokens - tokens.cachedTokens);
  return Math.round(
    uncached * open.inputNanosPerToken +
      tokens.cachedTokens * open.cachedInputNanosPerToken +
      tokens.completionTokens * open.outputNanosPerToken,
  );
}
