/** A section of a Markdown document: a heading and what stands under it up to the next heading. */
export interface Section {
  readonly anchor: string;
  readonly title: string;
  readonly headingPath: string;
  readonly body: string;
}

/** A longer section is cut between its blocks: an answer quotes one passage. */
const longestBodyCharacters = 3_000;

function plainHeading(markdown: string): string {
  return markdown
    .replace(/\s+#+\s*$/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .trim();
}

/** The fragment that GitHub and common renderers give a heading. */
function headingAnchor(title: string, used: Map<string, number>): string {
  const base = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
  const times = used.get(base) ?? 0;
  used.set(base, times + 1);
  return times === 0 ? base : `${base}-${String(times)}`;
}

/** Links within the documentation become their text: they would lead nowhere outside of it. */
function withoutInnerLinks(markdown: string): string {
  return markdown.replace(/!?\[([^\]]*)\]\((?!https?:)[^)]*\)/g, '$1');
}

/** Rows of a table without the padding that lines up their columns in the source. */
function withoutPadding(line: string): string {
  return line.startsWith('|') ? line.replace(/ {2,}/g, ' ').replace(/-{4,}/g, '---') : line;
}

/** Blocks are what blank lines divide, code fences kept whole. */
export function splitBlocks(markdown: string): string[] {
  const blocks: string[] = [];
  let block: string[] = [];
  let fence: string | undefined;
  const close = () => {
    if (block.length > 0) blocks.push(block.join('\n'));
    block = [];
  };
  for (const line of markdown.split('\n')) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined && mark !== undefined) {
      close();
      fence = mark;
      block.push(line);
    } else if (fence !== undefined) {
      block.push(line);
      if (line.trim().startsWith(fence)) {
        fence = undefined;
        close();
      }
    } else if (line.trim() === '') close();
    else block.push(line);
  }
  close();
  return blocks;
}

function cutLong(section: Section): Section[] {
  if (section.body.length <= longestBodyCharacters) return [section];
  const parts: string[] = [];
  for (const block of splitBlocks(section.body)) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + 2 + block.length <= longestBodyCharacters)
      parts[parts.length - 1] = `${last}\n\n${block}`;
    else parts.push(block);
  }
  return parts.map((body) => ({ ...section, body }));
}

/** Splits a document at its headings. Front matter, comments and headings with nothing under them are left out. */
export function splitMarkdown(markdown: string): Section[] {
  const text = markdown
    .replace(/\r\n?/g, '\n')
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replace(/<!--[\s\S]*?-->/g, '');
  const sections: Section[] = [];
  const used = new Map<string, number>();
  const path: string[] = [];
  let title = '';
  let anchor = '';
  let lines: string[] = [];
  let fence: string | undefined;
  const close = () => {
    const body = withoutInnerLinks(lines.join('\n')).trim();
    const above = path.slice(0, -1).filter((heading) => heading !== '');
    if (body !== '') sections.push(...cutLong({ anchor, title, headingPath: above.join(' › '), body }));
    lines = [];
  };
  for (const line of text.split('\n')) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (mark.startsWith(fence)) fence = undefined;
    }
    const heading = fence === undefined ? /^(#{1,6})\s+(.+)$/.exec(line) : null;
    if (heading === null) {
      lines.push(fence === undefined ? withoutPadding(line) : line);
      continue;
    }
    close();
    const [, marks = '#', words = ''] = heading;
    title = plainHeading(words);
    anchor = headingAnchor(title, used);
    path.length = Math.min(path.length, marks.length - 1);
    while (path.length < marks.length - 1) path.push('');
    path.push(title);
  }
  close();
  return sections;
}
