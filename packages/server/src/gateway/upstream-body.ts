import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { JsonObject } from '../providers/provider.ts';
import type { Entitlement } from './entitle.ts';
import type { Reading } from './reading.ts';
import type { Reserved } from './reserve.ts';

function chatBody(
  body: JsonObject,
  request: ChatCompletionRequest,
  entitlement: Entitlement,
  reserved: Reserved,
): JsonObject {
  const changes: JsonObject = {};
  if (request.stream === true) changes['stream_options'] = { ...request.stream_options, include_usage: true };
  const choices = request.n ?? 1;
  const granted = Math.max(1, Math.floor(reserved.outputTokens / choices));
  if (reserved.outputTokens < entitlement.outputTokens) {
    const field =
      request.max_completion_tokens === undefined || request.max_completion_tokens === null
        ? 'max_tokens'
        : 'max_completion_tokens';
    changes[field] = granted;
  }
  return { ...body, ...changes };
}

/**
 * The body for the upstream: as it came, but a stream is asked for usage, and the answer bounded when the windows had
 * less left than the model could answer with. The target's own model name is set per attempt.
 */
export function upstreamBody(reading: Reading, entitlement: Entitlement, reserved: Reserved): JsonObject {
  return reading.kind === 'chat' ? chatBody(reading.body, reading.request, entitlement, reserved) : reading.body;
}
