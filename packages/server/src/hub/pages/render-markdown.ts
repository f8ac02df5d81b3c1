import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import go from 'highlight.js/lib/languages/go';
import http from 'highlight.js/lib/languages/http';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import typescript from 'highlight.js/lib/languages/typescript';
import yaml from 'highlight.js/lib/languages/yaml';
import MarkdownIt from 'markdown-it';
import { plainText } from './markdown-links.ts';

for (const [name, language] of Object.entries({ bash, go, http, javascript, json, python, typescript, yaml }))
  hljs.registerLanguage(name, language);

const languageNames: Readonly<Record<string, string>> = {
  sh: 'Shell',
  bash: 'Shell',
  js: 'JavaScript',
  ts: 'TypeScript',
  python: 'Python',
  go: 'Go',
  json: 'JSON',
  yaml: 'YAML',
  http: 'HTTP',
};

export interface Heading {
  readonly level: number;
  readonly anchor: string;
  readonly title: string;
}

export interface RenderedMarkdown {
  readonly html: string;
  readonly headings: readonly Heading[];
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The fragment GitHub gives a heading; a repeated one is numbered. */
function anchorOf(title: string, used: Map<string, number>): string {
  const base = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
  const times = used.get(base) ?? 0;
  used.set(base, times + 1);
  return times === 0 ? base : `${base}-${times}`;
}

/** A block of code with the name of its language; the page's script adds a button that copies it. */
function codeBlock(code: string, language: string): string {
  const body = hljs.getLanguage(language) === undefined ? escapeHtml(code) : hljs.highlight(code, { language }).value;
  const name = languageNames[language] ?? 'Text';
  return `<figure class="code"><figcaption>${name}</figcaption><pre tabindex="0"><code>${body}</code></pre></figure>\n`;
}

type Renderer = InstanceType<typeof MarkdownIt>;
type Token = ReturnType<Renderer['parse']>[number];

/** Lists in which each item begins with a link: they are shown as signposts. */
function markSignposts(tokens: readonly Token[]): void {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'bullet_list_open') continue;
    const close = tokens.findIndex(
      (other, at) => at > index && other.type === 'bullet_list_close' && other.level === token.level,
    );
    const items = tokens
      .slice(index, close)
      .filter((other) => other.type === 'inline' && other.level === token.level + 3);
    if (items.length < 2 || !items.every((item) => item.children?.[0]?.type === 'link_open')) continue;
    token.attrJoin('class', 'signs');
    for (const { children } of items) {
      const at = (children?.findIndex((child) => child.type === 'link_close') ?? -1) + 1;
      const text = children?.[at];
      if (text?.type !== 'text' || !text.content.startsWith(': ')) continue;
      // The description stands below the link, where the eye needs no colon.
      text.type = 'html_inline';
      text.content = `<span class="colon">: </span>${escapeHtml(text.content.slice(2))}`;
    }
  }
}

/** Headings get anchors, one level follows another, links to pages lead to their HTML. */
function prepare(tokens: readonly Token[], localLink: (href: string) => string): Heading[] {
  const headings: Heading[] = [];
  const used = new Map<string, number>();
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'heading_open') {
      const title = plainText(tokens[index + 1]?.content ?? '');
      const anchor = anchorOf(title, used);
      token.attrSet('id', anchor);
      headings.push({ level: Number(token.tag.slice(1)), anchor, title });
    }
    for (const child of token.children ?? []) {
      const href = child.type === 'link_open' ? child.attrGet('href') : null;
      if (href !== null) child.attrSet('href', localLink(String(href)));
    }
  }
  markSignposts(tokens);
  return headings;
}

function createRenderer(): Renderer {
  const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
  markdown.renderer.rules['fence'] = (tokens, index) => {
    const token = tokens[index];
    return codeBlock(token?.content ?? '', token?.info.trim().split(/\s+/)[0] ?? '');
  };
  markdown.renderer.rules['table_open'] = () => '<div class="table" tabindex="0"><table>\n';
  markdown.renderer.rules['table_close'] = () => '</table></div>\n';
  // Alignment comes as a style attribute, which the content security policy forbids.
  const cell = (tag: string) => (tokens: readonly Token[], index: number) =>
    String(tokens[index]?.attrGet('style') ?? '').includes('right') ? `<${tag} class="number">` : `<${tag}>`;
  markdown.renderer.rules['th_open'] = cell('th scope="col"');
  markdown.renderer.rules['td_open'] = cell('td');
  markdown.renderer.rules['heading_close'] = (tokens, index) => {
    const open = tokens[index - 2];
    const anchor = String(open?.attrGet('id') ?? '');
    const tag = open?.tag ?? 'h2';
    if (tag === 'h1') return '</h1>\n';
    return ` <a class="anchor" href="#${escapeHtml(anchor)}" aria-hidden="true" tabindex="-1"></a></${tag}>\n`;
  };
  return markdown;
}

const renderer = createRenderer();

/** HTML of a Markdown text: raw HTML in it is shown, never carried out. */
export function renderMarkdown(
  markdown: string,
  localLink: (href: string) => string = (href) => href,
): RenderedMarkdown {
  const tokens = renderer.parse(markdown, {});
  const headings = prepare(tokens, localLink);
  return { html: renderer.renderer.render(tokens, renderer.options, {}), headings };
}
