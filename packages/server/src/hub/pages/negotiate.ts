/** How a page is answered; `plain` is the Markdown text called plain text. */
export type PageForm = 'html' | 'markdown' | 'plain';

/** Programs that read pages for a language model, by what they call themselves. */
const agents =
  /\b(?:GPTBot|ChatGPT-User|OAI-SearchBot|ClaudeBot|Claude-User|Claude-SearchBot|Claude-Web|Claude-Code|anthropic-ai|PerplexityBot|Perplexity-User|MistralAI-User|cohere-ai|DuckAssistBot|YouBot|Google-CloudVertexBot|Gemini-Deep-Research|Meta-ExternalAgent|Meta-ExternalFetcher|Amazonbot|Applebot-Extended|Bytespider|CCBot|Diffbot|AI2Bot|Devin|opencode)\b/i;

/** Does it read for a language model? */
export function isAgent(userAgent: string | undefined): boolean {
  return userAgent !== undefined && agents.test(userAgent);
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

function readRange(part: string): Range {
  const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
  const given = parameters.find((parameter) => /^q\s*=/.test(parameter))?.split('=')[1];
  const quality = given === undefined ? 1 : Number(given);
  return { type, quality: Number.isFinite(quality) ? Math.min(1, Math.max(0, quality)) : 0 };
}

interface Wish {
  readonly quality: number;
  /** Named itself, not only covered by a wildcard. */
  readonly isNamed: boolean;
}

function wishFor(ranges: readonly Range[], type: string): Wish {
  const named = ranges.find((range) => range.type === type);
  if (named !== undefined) return { quality: named.quality, isNamed: true };
  const wide = ranges.find((range) => range.type === 'text/*') ?? ranges.find((range) => range.type === '*/*');
  return { quality: wide?.quality ?? 0, isNamed: false };
}

/**
 * Which form of a page a caller gets (RFC 9110 §12.5.1). Browsers never name Markdown, so that whoever names it as high as
 * HTML wants it; agents that name nothing get it too.
 * @returns undefined when nothing that is accepted can be served: 406
 */
export function negotiate(accept: string | undefined, userAgent: string | undefined): PageForm | undefined {
  const text = accept === undefined || accept.trim() === '' ? '*/*' : accept;
  const ranges = text.split(',').map(readRange);
  const html = wishFor(ranges, 'text/html');
  const markdown = wishFor(ranges, 'text/markdown');
  const plain = wishFor(ranges, 'text/plain');
  if (markdown.isNamed && markdown.quality > 0 && markdown.quality >= html.quality) return 'markdown';
  if (html.isNamed && html.quality > 0 && html.quality >= markdown.quality) return 'html';
  if (plain.isNamed && plain.quality > Math.max(html.quality, markdown.isNamed ? markdown.quality : 0)) return 'plain';
  if (html.quality === 0) return markdown.quality > 0 ? 'markdown' : plain.quality > 0 ? 'plain' : undefined;
  if (!html.isNamed && markdown.quality > 0 && isAgent(userAgent)) return 'markdown';
  return 'html';
}
