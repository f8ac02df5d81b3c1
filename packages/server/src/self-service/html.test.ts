import { expect, test } from 'vitest';
import { html, nothing } from './html.ts';

test('what is put into HTML is text, unless it is HTML', () => {
  const evil = `"><script>alert('1')</script>&amp;`;
  const inner = html`<b title="${evil}">${evil}</b>`;
  expect(inner.html).not.toContain('<script>');
  expect(inner.html).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;');
  expect(html`<p>${inner}${[inner, nothing]}</p>`.html).toBe(`<p>${inner.html}${inner.html}\n</p>`);
});
