import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSessionTokens } from './session-token.ts';

const masterKey = randomBytes(32);
const options = { masterKey, purpose: 'chat', minAgeSeconds: 2, lifeSeconds: 600 };
const tokens = createSessionTokens(options);
const holder = { address: '192.0.2.1', userAgent: 'Browser/1' };
const issuedAtMs = 1_770_000_000_000;
const { token, expiresSeconds } = tokens.issue(holder, issuedAtMs);

test('a token is good from its least age to its end', () => {
  expect(expiresSeconds).toBe(1_770_000_600);
  const at = (ms: number) => tokens.verify(token, holder, issuedAtMs + ms);
  expect([at(1_999), at(2_000), at(599_999), at(600_000)]).toEqual(['early', 'valid', 'valid', 'expired']);
});

test('it is good for its holder and use only, on every process with the same master key', () => {
  const nowMs = issuedAtMs + 5_000;
  expect(createSessionTokens(options).verify(token, holder, nowMs)).toBe('valid');
  expect(tokens.verify(token, { ...holder, address: '192.0.2.2' }, nowMs)).toBe('forged');
  expect(tokens.verify(token, { ...holder, userAgent: 'Browser/2' }, nowMs)).toBe('forged');
  expect(createSessionTokens({ ...options, purpose: 'other' }).verify(token, holder, nowMs)).toBe('forged');
  expect(createSessionTokens({ ...options, masterKey: randomBytes(32) }).verify(token, holder, nowMs)).toBe('forged');
});

test('address and agent cannot be shifted into each other', () => {
  const shifted = tokens.issue({ address: 'a', userAgent: 'bc' }, issuedAtMs).token;
  expect(tokens.verify(shifted, { address: 'ab', userAgent: 'c' }, issuedAtMs + 5_000)).toBe('forged');
});

test('no altered token passes', () => {
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '0', '_', '.', ' '), (at, sign) => {
      const altered = token.slice(0, at) + sign + token.slice(at + 1);
      if (altered === token) return;
      // The last sign of the signature has bits that stand for nothing.
      if (at === token.length - 1) return;
      expect(['malformed', 'forged']).toContain(tokens.verify(altered, holder, issuedAtMs + 5_000));
    }),
  );
});
