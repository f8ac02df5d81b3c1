import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { AppError } from '../errors.ts';
import type { Principal } from '../keys/key.ts';
import type { LimitState } from '../limits/limit.ts';
import type { Contract } from '../versions/contract.ts';
import type { ClientConnection } from './client-connection.ts';
import type { AnswerDialect } from './dialect.ts';

/** Where a reader of a recorded stream goes on. */
export interface Resumption {
  /** Number of the last event it has; 0: from the start. */
  readonly after: number;
  /** It asked for `id:` lines. */
  readonly withIds: boolean;
}

/** One chat call as a surface hands it to the road. */
export interface ChatExchange {
  readonly requestId: string;
  readonly surface: string;
  /** As in OpenAPI: `/v1/chat/completions`. */
  readonly route: string;
  readonly secret: string | undefined;
  /** The API-Version header. */
  readonly apiVersion: string | undefined;
  /** The checked Idempotency-Key; undefined when none was sent. */
  readonly idempotencyKey: string | undefined;
  /** How long to wait for another execution with the same key. */
  readonly waitMs: number;
  readonly resumption: Resumption;
  readonly query: unknown;
  /** The body as it came. Its checked form is made by `parse`, after the caller is known. */
  readonly body: unknown;
  readonly parse: (body: unknown) => ChatCompletionRequest;
  /** Absent: answers go out as OpenAI's chat. */
  readonly dialect?: AnswerDialect;
  readonly client: ClientConnection;
  readonly startedAtMs: number;
  /** Renders an error for a stream that has begun. */
  readonly renderStreamError: (error: AppError) => string;
  /** Response headers of the surface, given where the limits stand. */
  readonly headers: (states: readonly LimitState[]) => string[];
  /** Tells the surface who is calling and under which contract, so that an error can speak of both. */
  readonly onPrincipal: (principal: Principal) => void;
  readonly onContract: (contract: Contract) => void;
}
