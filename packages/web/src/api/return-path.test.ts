import { describe, expect, test } from 'vitest';
import { safeReturnPath } from './return-path.ts';

describe('the way back after signing in', () => {
  test.each(['/console', '/console/keys?mode=test#list', '/auth/oauth2/authorize?client_id=x'])(
    'is kept: %s',
    (path) => {
      expect(safeReturnPath(path)).toBe(path);
    },
  );

  test.each([
    ...[
      'https://evil.example/console',
      '//evil.example/console',
      '/\\evil.example',
      '/\t/evil.example',
      '\\\\evil.example',
    ],
    ...['javascript:alert(1)', '/console/../auth/sign-out', '/consoleevil', 'console', '', undefined, ['/console'], 7],
  ])('never leads elsewhere: %j', (path) => {
    expect(safeReturnPath(path)).toBe('/console/');
  });
});
