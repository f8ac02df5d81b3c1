/** A name that an application gives itself, on one line: it must not look like a part of the page or of another name. */
export function plainClientName(name: unknown, fallback: string): string {
  const text = typeof name === 'string' ? name : '';
  const plain = text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 80);
  return plain === '' ? fallback : plain;
}
