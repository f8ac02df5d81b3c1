import { describe, expect, test } from 'vitest';
import { readResumption } from './resumption.ts';

describe('where a reader goes on', () => {
  test.each([
    [undefined, undefined, { after: 0, withIds: false }],
    [undefined, 'resumable', { after: 0, withIds: true }],
    ['', undefined, { after: 0, withIds: false }],
    ['0', undefined, { after: 0, withIds: true }],
    ['17', undefined, { after: 17, withIds: true }],
    ['17', 'resumable', { after: 17, withIds: true }],
  ])('Last-Event-ID %j and Prefer %j', (lastEventId, prefer, expected) => {
    expect(readResumption({ lastEventId, prefer })).toEqual(expected);
  });

  test.each(['-1', '1.5', 'abc', '1, 2', '1e3', '99999999999'])('Last-Event-ID %j is refused', (lastEventId) => {
    expect(() => readResumption({ lastEventId, prefer: undefined })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', param: 'Last-Event-ID' }),
    );
  });
});
