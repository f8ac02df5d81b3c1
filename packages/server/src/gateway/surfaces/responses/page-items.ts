import type { responseInputItems, responseInputItemsQuery } from '@turnpike/contract/openai-responses';
import type { z } from 'zod';
import type { ResponseJson } from '../../../responses/store.ts';
import { refusal } from './refuse.ts';

type Page = z.output<typeof responseInputItems>;

/**
 * One page of a response's input items. Pure.
 * @param input in the order it was sent
 * @throws AppError INVALID_REQUEST when `after` is no item of the list
 */
export function pageItems(
  input: readonly ResponseJson[],
  { after, limit, order }: z.output<typeof responseInputItemsQuery>,
): Page {
  const ordered = (order === 'asc' ? [...input] : input.toReversed()) as Page['data'];
  const at = after === undefined ? -1 : ordered.findIndex(({ id }) => id === after);
  if (after !== undefined && at === -1)
    throw refusal('after', `there is no input item ${JSON.stringify(after)} in this response.`);
  const data = ordered.slice(at + 1, at + 1 + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: at + 1 + limit < ordered.length,
  };
}
