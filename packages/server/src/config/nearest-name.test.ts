import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

test('finds what was meant, and nothing where nothing is near', () => {
  const names = ['requests_per_minute', 'tokens_per_minute', 'title', 'models'];
  expect(nearestName('request_per_minute', names)).toBe('requests_per_minute');
  expect(nearestName('Model', names)).toBe('models');
  expect(nearestName('tokens_per_hour', names)).toBe('tokens_per_minute');
  expect(nearestName('zzzzzzzz', names)).toBeUndefined();
  expect(nearestName('anything', [])).toBeUndefined();
});
