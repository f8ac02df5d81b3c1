/** A name that people choose, on one line: it must not look like a part of the mail. */
export function plainName(text: string): string {
  return text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .replaceAll(/https?:\/\//gi, '')
    .trim()
    .slice(0, 100);
}
