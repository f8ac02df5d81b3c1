import { expect, test } from 'vitest';
import { cachingHeaders, isUnchanged } from './entity-tag.ts';

test('a tag stands for its bytes and is found in any form a caller may send', () => {
  const { etag } = cachingHeaders('{"a":1}', 60);
  expect(cachingHeaders('{"a":1}', 60).etag).toBe(etag);
  expect(cachingHeaders('{"a":2}', 60).etag).not.toBe(etag);
  for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) expect(isUnchanged(header, etag)).toBe(true);
  for (const header of [undefined, '', '"other"', etag.slice(1, -1)]) expect(isUnchanged(header, etag)).toBe(false);
});
