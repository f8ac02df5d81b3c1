import { expect, test } from 'vitest';
import { detectLanguage } from './language.ts';

test.each([
  ['How do I rotate a key?', 'en'],
  ['Wie erneuere ich einen Schlüssel?', 'de'],
  ['Was bedeutet RATE_LIMIT_EXCEEDED?', 'de'],
  ['RATE_LIMIT_EXCEEDED', 'en'],
  ['Kann ich das testen', 'de'],
  ['', 'en'],
])('%s is %s', (text, language) => {
  expect(detectLanguage(text)).toBe(language);
});
