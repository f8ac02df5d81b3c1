import { describe, expect, test } from 'vitest';

/** The module asks the browser for its language when it is loaded; here only the pure part is looked at. */
async function formats(language: 'en' | 'de') {
  Object.assign(globalThis, { document: { documentElement: {} } });
  return (await import('./formats.ts')).formatsOf(language);
}

describe('formats', () => {
  test('are the reader’s own', async () => {
    const [english, german] = [await formats('en'), await formats('de')];
    expect([english.number(12_345), german.number(12_345)]).toEqual(['12,345', '12.345']);
    expect([english.money('1234.5', 'EUR'), german.money('1234.5', 'EUR')]).toEqual(['€1,234.50', '1.234,50 €']);
    expect([english.compact(5_000_000), german.compact(5_000_000)]).toEqual(['5M', '5 Mio.']);
    expect(english.compact(9_999)).toBe('9,999');
  });

  test('round no sum to nothing', async () => {
    const english = await formats('en');
    expect(english.money('0.000123', 'EUR')).toBe('€0.000123');
    expect(english.money('0', 'EUR')).toBe('€0.00');
  });

  test('say how long ago, or how soon', async () => {
    const english = await formats('en');
    const now = Date.parse('2026-05-04T12:00:00Z');
    const ago = (milliseconds: number) => english.relative(now + milliseconds, now);
    expect([ago(-3_000), ago(-3_600_000), ago(2 * 86_400_000), ago(86_400_000)]).toEqual([
      '3 seconds ago',
      '1 hour ago',
      'in 2 days',
      'tomorrow',
    ]);
  });

  test('have units for time and size', async () => {
    const german = await formats('de');
    expect([german.duration(12.4), german.duration(12_340), german.bytes(1_500_000)]).toEqual([
      '12 ms',
      '12,34 s',
      '1,5 MB',
    ]);
  });
});
