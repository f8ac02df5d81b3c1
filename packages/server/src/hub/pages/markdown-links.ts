/** The pieces of a Markdown text that are prose, with code fences between them left as they are. */
function rewriteProse(markdown: string, change: (prose: string) => string): string {
  const pieces: string[] = [];
  let prose: string[] = [];
  let fence: string | undefined;
  const close = () => {
    if (prose.length > 0) pieces.push(change(prose.join('\n')));
    prose = [];
  };
  for (const line of markdown.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined && mark === undefined) {
      prose.push(line);
      continue;
    }
    close();
    pieces.push(line);
    if (fence === undefined) fence = mark;
    else if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark) fence = undefined;
  }
  close();
  return pieces.join('\n');
}

const codeOrLink = /(`+)[^`][\s\S]*?\1(?!`)|(?<!!)\[((?:`[^`]*`|[^[\]`])*)\]\(([^)\s]+)(\s+"[^"]*")?\)/g;

/** Changes where links lead, outside of code. @param change undefined: the link becomes its text */
export function rewriteLinks(markdown: string, change: (href: string) => string | undefined): string {
  return rewriteProse(markdown, (prose) =>
    prose.replaceAll(
      codeOrLink,
      (whole: string, code: string | undefined, text: string | undefined, href: string | undefined, title = '') => {
        if (code !== undefined || text === undefined || href === undefined) return whole;
        const target = change(href);
        return target === undefined ? text : `[${text}](${target}${title})`;
      },
    ),
  );
}

/** What a heading or paragraph says, without marks. */
export function plainText(markdown: string): string {
  return markdown
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*]|(?<!\w)_|_(?!\w)/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const longestDescription = 200;
/** A shorter beginning says too little by itself: what follows is taken along. */
const leastDescription = 60;

/** The first sentences of a text, as many as a list of links has room for. */
export function firstSentences(markdown: string): string {
  const prose: string[] = [];
  rewriteProse(markdown, (text) => {
    for (const block of text.replaceAll(/<!--[\s\S]*?-->/g, '').split(/\n{2,}/))
      if (/^[\p{L}\p{N}"“„‘`*[(]/u.test(block.trim())) prose.push(plainText(block).replace(/:$/, '.'));
    return text;
  });
  const sentences = prose.flatMap((paragraph, index) =>
    (paragraph.match(/.+?[.!?:](?=\s|$)|.+$/g) ?? []).map((text) => ({ text: text.trim(), index })),
  );
  let kept = '';
  for (const { text, index } of sentences) {
    if (
      kept !== '' &&
      (kept.length + text.length >= longestDescription || (index > 0 && kept.length >= leastDescription))
    )
      break;
    kept = kept === '' ? text : `${kept} ${text}`;
  }
  if (kept.length <= longestDescription) return kept.replace(/:$/, '.');
  return `${kept.slice(0, longestDescription - 1).replace(/\s+\S*$/, '')}…`;
}
