/** A text as one word of a shell: nothing in it means anything to the shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
