import type { CompletionRequest } from '@turnpike/contract/openai-completions';
import { AppError } from '../../../errors.ts';
import type { JsonObject } from '../../../providers/provider.ts';

function refuse(param: string, why: string): never {
  throw new AppError('INVALID_REQUEST', `${param}: ${why}`, { param });
}

/** @throws AppError INVALID_REQUEST for what a conversation cannot say */
export function promptOf({ prompt }: CompletionRequest): string {
  if (typeof prompt === 'string') return prompt;
  const [first] = prompt;
  if (prompt.length > 1 || first === undefined)
    refuse('prompt', 'must be one text. Send a request for each, or a batch (POST /v1/batches).');
  return typeof first === 'string' ? first : refuse('prompt', 'must be text; tokens are not understood here.');
}

/**
 * An old completion request as a conversation of one message.
 * @throws AppError INVALID_REQUEST naming a field that a conversation has no words for
 */
export function completionToChat(request: CompletionRequest, body: JsonObject): JsonObject {
  const content = promptOf(request);
  const { prompt: _prompt, echo: _echo, best_of: bestOf, suffix, logprobs, ...rest } = body;
  if (typeof suffix === 'string' && suffix !== '')
    refuse('suffix', 'is not supported. Ask for the middle of a text in the prompt of POST /v1/chat/completions.');
  if (typeof bestOf === 'number' && bestOf > (request.n ?? 1))
    refuse('best_of', 'must not be more than n: the best of several is not chosen here.');
  const wanted = typeof logprobs === 'number' ? { logprobs: true, top_logprobs: logprobs } : {};
  return { ...rest, ...wanted, messages: [{ role: 'user', content }] };
}
