import { describe, expect, test } from 'vitest';
import { isCommonPassword } from './common-passwords.ts';

const names = ['ada.lovelace@example.com', 'Ada Lovelace', 'SIMOSphere AI'];

describe('a password', () => {
  test.each([
    'password123',
    'PassWord123',
    'qwertyuiop',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '1212121212',
    'lovelace2026',
    'Simosphere1!',
  ])('that is guessed first is refused: %s', (password) => {
    expect(isCommonPassword(password, names)).toBe(true);
  });
  test.each(['correct horse battery', 'Xk29vmQ-pdk', 'lovelace und die Maschine', 'ein ganz anderer Satz'])(
    'of one’s own is taken: %s',
    (password) => {
      expect(isCommonPassword(password, names)).toBe(false);
    },
  );
});
