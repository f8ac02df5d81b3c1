import type { ResponsesRequest } from '@turnpike/contract/openai-responses';
import { AppError } from '../../../errors.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import { itemsOf, type ResponseStore } from '../../../responses/store.ts';
import type { InputItem } from './input-to-messages.ts';
import { isReference, normaliseInput, type NewItemId } from './normalise-input.ts';
import { refusal } from './refuse.ts';

/** A request's conversation, complete. */
export interface LoadedConversation {
  /** All of it: what the previous response stands for, then the request's own input. */
  readonly items: readonly InputItem[];
  /** The request's own input, references replaced by what they stand for: what is kept with the response. */
  readonly input: readonly JsonObject[];
}

const whyMissing =
  'It may have been deleted, be past its time, be too large to be kept, or have been sent with store: false.';
const sendAll = 'Send the whole conversation in input instead.';

async function loadPrevious(store: ResponseStore, tenantId: string, id: string): Promise<JsonObject[]> {
  const chain = await store.chain(tenantId, id);
  if (chain.kind === 'found') {
    const last = chain.responses.at(-1);
    if (last?.response['status'] === 'failed')
      throw refusal(
        'previous_response_id',
        `the response ${JSON.stringify(id)} failed: there is nothing to go on from.`,
      );
    return chain.responses.flatMap(itemsOf);
  }
  const param = 'previous_response_id';
  if (chain.kind === 'too-long')
    throw new AppError('context_length_exceeded', `${param}: the conversation is too long to go on. ${sendAll}`, {
      param,
    });
  const link = chain.id === id ? '' : `, which ${JSON.stringify(id)} goes on from`;
  throw refusal(param, `there is no stored response ${JSON.stringify(chain.id)}${link}. ${whyMissing} ${sendAll}`);
}

async function resolveReferences(
  store: ResponseStore,
  tenantId: string,
  input: readonly JsonObject[],
  earlier: readonly JsonObject[],
): Promise<JsonObject[]> {
  const known = new Map(earlier.map((item) => [item['id'], item]));
  const idOf = (item: JsonObject): string => (typeof item['id'] === 'string' ? item['id'] : '');
  const unknown = input.filter((item) => isReference(item) && !known.has(idOf(item))).map(idOf);
  const found = await store.findItems(tenantId, unknown);
  if (found === undefined)
    throw refusal('input', `the responses whose items it refers to are too large together. ${sendAll}`);
  return input.map((item, index) => {
    if (!isReference(item)) return item;
    const meant = known.get(idOf(item)) ?? found.get(idOf(item));
    if (meant !== undefined) return meant;
    throw refusal(
      `input.${index}.id`,
      `there is no stored item ${JSON.stringify(item['id'] ?? null)}. Its response may have been deleted, be past its time, or have been sent with store: false. Send the item itself instead.`,
    );
  });
}

/**
 * Completes the conversation a request goes on from. The store is asked only where the request refers to it.
 * @throws AppError INVALID_REQUEST, context_length_exceeded, DATABASE_UNAVAILABLE
 */
export async function loadConversation(
  store: ResponseStore,
  tenantId: string,
  request: ResponsesRequest,
  newItemId: NewItemId,
): Promise<LoadedConversation> {
  const previousId = request.previous_response_id ?? undefined;
  const earlier = previousId === undefined ? [] : await loadPrevious(store, tenantId, previousId);
  const given = normaliseInput(request.input, newItemId);
  const input = given.some(isReference) ? await resolveReferences(store, tenantId, given, earlier) : given;
  return {
    input,
    items: [
      ...earlier.map((item) => ({ item, path: 'previous_response_id' })),
      ...input.map((item, index) => ({ item, path: typeof request.input === 'string' ? 'input' : `input.${index}` })),
    ],
  };
}
