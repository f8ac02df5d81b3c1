import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { parseIdempotencyKey, requestFingerprint, scopeId, type IdempotencyScope } from './idempotency-key.ts';

describe('an Idempotency-Key header', () => {
  test('may be absent', () => {
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  test('is a key of 8 to 128 letters, digits, _ and -, quoted or not', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{8,128}$/), (key) => {
        expect(parseIdempotencyKey(key)).toBe(key);
        expect(parseIdempotencyKey(`"${key}"`)).toBe(key);
        expect(parseIdempotencyKey(`  ${key} `)).toBe(key);
      }),
    );
  });

  test.each([
    '',
    '""',
    'short-7',
    'a'.repeat(129),
    'with space',
    'semi;colon',
    '"unclosed-key',
    'unopened-key"',
    'ümläut-key',
    'first-key, second-key',
    '"first-key", "second-key"',
    'zero\u0000-key',
  ])('%j is refused', (header) => {
    const refuse = () => parseIdempotencyKey(header);
    expect(refuse).toThrow(AppError);
    expect(refuse).toThrow(expect.objectContaining({ code: 'INVALID_IDEMPOTENCY_KEY', param: 'Idempotency-Key' }));
  });
});

describe('where a key counts', () => {
  const scope: IdempotencyScope = { owner: 'ten_1', method: 'POST', path: '/v1/x', key: 'a-key-of-mine' };

  test('another tenant, method, route or key is another place', () => {
    const ids = [
      scope,
      { ...scope, owner: 'ten_2' },
      { ...scope, method: 'PATCH' },
      { ...scope, path: '/v1/y' },
      { ...scope, key: 'another-key' },
    ].map(scopeId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(scopeId({ ...scope })).toBe(scopeId(scope));
  });

  test('parts never run into one another', () => {
    const part = fc.string({ maxLength: 4 });
    const scopes = fc.record({ owner: part, method: part, path: part, key: part });
    fc.assert(
      fc.property(scopes, scopes, (left, right) => {
        const same = (['owner', 'method', 'path', 'key'] as const).every((name) => left[name] === right[name]);
        expect(scopeId(left) === scopeId(right)).toBe(same);
      }),
    );
  });

  test('the key itself cannot be read from it', () => {
    expect(scopeId(scope)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('what makes a retry the same request', () => {
  const request = { body: { a: 1, b: [2] }, query: {}, version: '2026-05-18' };

  test('the order of members does not', () => {
    expect(requestFingerprint({ ...request, body: { b: [2], a: 1 } })).toBe(requestFingerprint(request));
  });

  test('body, query and version do', () => {
    const fingerprints = [
      request,
      { ...request, body: { a: 1, b: [3] } },
      { ...request, body: undefined },
      { ...request, query: { a: '1' } },
      { ...request, version: '2026-01-15' },
    ].map(requestFingerprint);
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
  });
});
