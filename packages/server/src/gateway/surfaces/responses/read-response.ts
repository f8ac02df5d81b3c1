import { chatCompletionRequest } from '@turnpike/contract/openai-chat';
import { responsesRequest } from '@turnpike/contract/openai-responses';
import type { Clock } from '../../../clock.ts';
import { errorMessage } from '../../../errors.ts';
import { validate } from '../../../http/validate.ts';
import { newId } from '../../../ids.ts';
import type { Principal } from '../../../keys/key.ts';
import type { Logger } from '../../../logger.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { NewResponse, ResponseStore } from '../../../responses/store.ts';
import type { ChatReading } from '../../reading.ts';
import { loadConversation } from './load-conversation.ts';
import { responsesDialect } from './responses-dialect.ts';
import { refuseUnsupported, responsesToChat } from './responses-to-chat.ts';

export interface ResponseReader {
  readonly store: ResponseStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Given the work of storing the answer; the last byte must not leave before it has settled. It never rejects. */
  readonly onSaving: (saving: Promise<void>) => void;
}

async function save({ store, logger }: ResponseReader, response: NewResponse): Promise<void> {
  try {
    if (await store.save(response)) return;
    logger.info({ response: response.id, tenant: response.tenantId }, 'a response was too large to be stored');
  } catch (error) {
    // Drizzle's own message repeats the parameters; its cause says what happened.
    const reason = errorMessage(error instanceof Error ? (error.cause ?? error) : error);
    logger.warn({ response: response.id, tenant: response.tenantId, reason }, 'a response could not be stored');
  }
}

/**
 * Reads a request of the Responses API into the road's words.
 * @throws AppError INVALID_REQUEST, context_length_exceeded, DATABASE_UNAVAILABLE (where it goes on from a stored one)
 */
export async function readResponse(
  reader: ResponseReader,
  given: JsonObject,
  { tenantId }: Pick<Principal, 'tenantId'>,
): Promise<ChatReading> {
  const { store, clock, onSaving } = reader;
  const request = validate(responsesRequest, given, 'body');
  refuseUnsupported(request);
  const newItemId = (kind: string): string => newId(kind, clock.now());
  const { items, input } = await loadConversation(store, tenantId, request, newItemId);
  const body = responsesToChat(request, items);
  const id = newItemId('resp');
  const seed = {
    id,
    createdAtSeconds: Math.floor(clock.now() / 1000),
    request,
    newItemId,
    nowMs: () => clock.now(),
  };
  const dialect = responsesDialect(seed, (response) => {
    if (request.store === false) return;
    const previousId = request.previous_response_id ?? undefined;
    onSaving(save(reader, { id, tenantId, previousId, response, input }));
  });
  return { kind: 'chat', request: validate(chatCompletionRequest, body, 'body'), body, dialect };
}
