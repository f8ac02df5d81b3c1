import { anthropicError, message, messagesRequest } from '@turnpike/contract/anthropic-messages';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Gateway } from '../../gateway.ts';
import type { ChatReading } from '../../reading.ts';
import { connectionOf } from '../fastify-connection.ts';
import { serveCall } from '../serve-call.ts';
import { AnthropicCaller, keyOf } from './anthropic-caller.ts';
import { anthropicErrors } from './anthropic-errors.ts';
import { messagesDialect } from './messages-dialect.ts';
import { messagesToChat } from './messages-to-chat.ts';
import { isReasoning } from './model-traits.ts';
import { nativeMessages } from './native-messages.ts';
import { nativeRequest } from './native-request.ts';

const surface = 'anthropic-messages';
const route = '/v1/messages';

interface ReadingContext {
  readonly gateway: Gateway;
  readonly caller: AnthropicCaller;
  readonly request: FastifyRequest;
}

/** @throws AppError INVALID_REQUEST naming the field */
function read({ gateway, caller, request }: ReadingContext, body: JsonObject): ChatReading {
  const asked = validate(messagesRequest, body, 'body');
  const { body: chat, gap } = messagesToChat(asked, { reasoning: isReasoning(gateway.catalog, asked.model) });
  return {
    kind: 'chat',
    request: chat,
    body: chat,
    gap,
    dialect: messagesDialect({ nowMs: request.startedAtMs, stopSequences: asked.stop_sequences ?? [] }),
    native: {
      request: nativeRequest(request, body, asked.messages),
      dialect: nativeMessages((error) => caller.streamError(error)),
    },
  };
}

function handle(gateway: Gateway, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = new AnthropicCaller(gateway, request, surface);
  return serveCall(gateway, request, reply, {
    caller,
    surface,
    route,
    feature: 'messages',
    secret: keyOf(request),
    body: request.body,
    read: (body) => read({ gateway, caller, request }, body),
    client: connectionOf(reply),
  });
}

/** POST /v1/messages as Anthropic's clients expect it, streamed and not. */
export function messagesRoute(gateway: Gateway): RawRoute {
  return rawRoute({
    method: 'POST',
    path: route,
    operationId: 'createMessage',
    summary: 'Answer a conversation in the words of Anthropic’s Messages API',
    description:
      'The key is sent as `x-api-key` or as a bearer token. With `stream: true` the answer comes as Server-Sent Events from `message_start` to `message_stop`. Models whose server speaks Anthropic’s API get the request as it came, with `anthropic-version` and `anthropic-beta`; for others it is translated.',
    tag: 'anthropic',
    security: 'key',
    scope: 'chat',
    isResumable: true,
    renderFailure: anthropicErrors.failure,
    errorSchema: anthropicError,
    body: messagesRequest,
    responses: { 200: { description: 'The answer', schema: message } },
    handle: (request, reply) => handle(gateway, request, reply),
  });
}
