import { expect, test } from 'vitest';
import { documentUrl } from './document-url.ts';

test.each([
  ['docs/guide/limits.md#plans', 'https://a.example/developers/limits#plans'],
  ['docs/operations.md', 'https://a.example/developers/operations'],
  ['presets/simosphere/content/pages/about.md', 'https://a.example/about'],
  ['presets/simosphere/content/pages/index.md#links', 'https://a.example/#links'],
  ['README.md', undefined],
  ['docs/decisions/0001-one-take.md', undefined],
])('%s is served at %s', (source, url) => {
  expect(documentUrl('https://a.example', source)).toBe(url);
});
