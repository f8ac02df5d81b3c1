import { expect, test } from 'vitest';
import { closingLine } from './closing-line-reporter.ts';

test('the closing line has one fixed form', () => {
  expect(closingLine({ passed: 12, failed: 0, skipped: 3 })).toBe('tests: 12 passed, 0 failed, 3 skipped');
});
