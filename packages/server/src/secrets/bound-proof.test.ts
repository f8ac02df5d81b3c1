import { expect, test } from 'vitest';
import { createBoundProof } from './bound-proof.ts';

test('a proof fits one purpose, one holder and one content', () => {
  const key = Buffer.alloc(32, 1);
  const proof = createBoundProof(key, 'consent');
  const given = proof.of('session', 'query');
  expect(proof.matches(given, 'session', 'query')).toBe(true);
  expect(proof.matches(given, 'sessionq', 'uery')).toBe(false);
  expect(proof.matches(given, 'other', 'query')).toBe(false);
  expect(proof.matches('', 'session', 'query')).toBe(false);
  expect(createBoundProof(key, 'other').matches(given, 'session', 'query')).toBe(false);
  expect(createBoundProof(Buffer.alloc(32, 2), 'consent').matches(given, 'session', 'query')).toBe(false);
});
