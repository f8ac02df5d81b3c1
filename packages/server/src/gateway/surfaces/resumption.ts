import { AppError } from '../../errors.ts';
import { prefers } from '../../http/prefer.ts';
import type { Resumption } from '../exchange.ts';

/**
 * Reads where a reader goes on: Last-Event-ID (WHATWG HTML §9.2.4) is the number of the last event it has. Event ids are
 * written only for who sent that header or `Prefer: resumable`.
 * @throws AppError INVALID_REQUEST
 */
export function readResumption(headers: {
  readonly lastEventId: string | undefined;
  readonly prefer: string | undefined;
}): Resumption {
  const { lastEventId } = headers;
  const wanted = prefers(headers.prefer, 'resumable');
  if (lastEventId === undefined || lastEventId === '') return { after: 0, withIds: wanted };
  if (/^\d{1,9}$/.test(lastEventId)) return { after: Number(lastEventId), withIds: true };
  throw new AppError('INVALID_REQUEST', 'Last-Event-ID: must be the id of an event of this stream, a whole number.', {
    param: 'Last-Event-ID',
  });
}
