import { describe, expect, test } from 'vitest';
import { renderMarkdown } from './render-markdown.ts';

const html = (markdown: string) => renderMarkdown(markdown).html;

describe('HTML of Markdown', () => {
  test('shows raw HTML instead of carrying it out', () => {
    const page = html(
      '<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))\n\n```\n</code><b>\n```',
    );
    expect(page).not.toMatch(/<script|<img|<b>|href="javascript/);
    expect(page).toContain('&lt;script&gt;');
  });

  test('has no inline style, which the policy of the pages forbids', () => {
    const page = html('| a | b |\n| --- | ---: |\n| x | 1 |');
    expect(page).not.toContain('style=');
    expect(page).toContain('<td class="number">1</td>');
    expect(page).toContain('<th scope="col" class="number">b</th>');
  });

  test('gives headings the anchors that links use', () => {
    const { headings } = renderMarkdown('# Über `a_b`!\n\n## What a 429 means\n\n## What a 429 means\n');
    expect(headings.map(({ anchor }) => anchor)).toEqual(['über-a_b', 'what-a-429-means', 'what-a-429-means-1']);
  });

  test('colours code of known languages and leaves others as text', () => {
    expect(html('```json\n{"a": 1}\n```')).toMatch(/<figcaption>JSON<\/figcaption>.*hljs-attr/s);
    expect(html('```nonsense\na < b\n```')).toContain('<figcaption>Text</figcaption><pre tabindex="0"><code>a &lt; b');
  });

  test('shows lists of links as signposts, other lists as they are', () => {
    expect(html('- [a](/a): one\n- [b](/b): <two>')).toContain(
      '<ul class="signs">\n<li><a href="/a">a</a><span class="colon">: </span>one</li>',
    );
    expect(html('- [a](/a): one\n- [b](/b): <two>')).toContain('&lt;two&gt;');
    expect(html('- [a](/a)\n- no link')).not.toContain('signs');
  });

  test('lets links be led elsewhere', () => {
    expect(renderMarkdown('[a](x.md#y)', (href) => href.replace('.md', '')).html).toContain('href="x#y"');
  });
});
