import { parse, stringify } from 'yaml';

export interface FrontMatter {
  readonly values: Readonly<Record<string, string>>;
  /** The text after it. */
  readonly body: string;
}

/** Reads the YAML block a Markdown file may begin with; values that are no texts are passed over. */
export function readFrontMatter(text: string): FrontMatter {
  const normal = text.replaceAll(/\r\n?/g, '\n');
  const match = /^---\n([\s\S]*?)\n---\n/.exec(normal);
  if (match === null) return { values: {}, body: normal };
  const parsed: unknown = parse(match[1] ?? '');
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  const values = Object.fromEntries(
    entries
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([key, value]) => [key, value]),
  );
  return { values, body: normal.slice(match[0].length) };
}

/** The block itself, quoted so that any text survives. */
export function writeFrontMatter(values: Readonly<Record<string, string>>): string {
  return `---\n${stringify(values, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })}---\n`;
}
