import type { MessagesRequest } from '@turnpike/contract/anthropic-messages';
import type { FastifyRequest } from 'fastify';
import type { JsonObject, NativeRequest } from '../../../providers/provider.ts';
import { requestHeader } from '../request-headers.ts';

/** Headers of the protocol that reach an Anthropic upstream. */
const protocolHeaders = ['anthropic-version', 'anthropic-beta'] as const;

function isUnsigned(block: JsonObject): boolean {
  return block['type'] === 'thinking' && (block['signature'] === '' || block['signature'] === undefined);
}

/**
 * Thinking without a signature is what another upstream said, in an earlier turn: Anthropic refuses it. Everything else
 * goes as it came.
 */
function withoutUnsigned(body: JsonObject, messages: MessagesRequest['messages']): JsonObject {
  const hasUnsigned = messages.some(({ content }) => typeof content !== 'string' && content.some(isUnsigned));
  if (!hasUnsigned) return body;
  const turns = messages.map((turn) =>
    typeof turn.content === 'string' ? turn : { ...turn, content: turn.content.filter((block) => !isUnsigned(block)) },
  );
  return { ...body, messages: turns.filter(({ content }) => content.length > 0) };
}

/** The request for upstreams that speak Anthropic's API. @param body as it came @param messages of `body`, checked */
export function nativeRequest(
  request: Pick<FastifyRequest, 'headers'>,
  body: JsonObject,
  messages: MessagesRequest['messages'],
): NativeRequest {
  const headers: Record<string, string> = {};
  for (const name of protocolHeaders) {
    const value = requestHeader(request as FastifyRequest, name);
    if (value !== undefined && value !== '') headers[name] = value;
  }
  return { protocol: 'anthropic-messages', body: withoutUnsigned(body, messages), headers };
}
