import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { AppError } from '../errors.ts';
import type { Principal } from '../keys/key.ts';
import type { LimitState } from '../limits/limit.ts';
import type { ClientConnection } from './client-connection.ts';

/** One chat call as a surface hands it to the road. */
export interface ChatExchange {
  readonly requestId: string;
  readonly surface: string;
  readonly secret: string | undefined;
  /** The body as it came. Its checked form is made by `parse`, after the caller is known. */
  readonly body: unknown;
  readonly parse: (body: unknown) => ChatCompletionRequest;
  readonly client: ClientConnection;
  readonly startedAtMs: number;
  /** Renders an error for a stream that has begun. */
  readonly renderStreamError: (error: AppError) => string;
  /** Response headers of the surface, given where the limits stand. */
  readonly headers: (states: readonly LimitState[]) => string[];
  /** Tells the surface who is calling, so that an error can carry the limit headers too. */
  readonly onPrincipal: (principal: Principal) => void;
}
