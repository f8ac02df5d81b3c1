/** The candidate closest in spelling, if any is close enough to be what was meant. */
export function nearestName(written: string, candidates: readonly string[]): string | undefined {
  let nearest: { name: string; distance: number } | undefined;
  for (const name of candidates) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase());
    const closeEnough = distance <= Math.max(2, Math.floor(name.length / 2));
    if (closeEnough && (nearest === undefined || distance < nearest.distance)) nearest = { name, distance };
  }
  return nearest?.name;
}

/** Levenshtein distance. Inputs are short names; anything longer than a key can be is cut. */
function editDistance(left: string, right: string): number {
  const a = Array.from(left.slice(0, 128));
  const b = Array.from(right.slice(0, 128));
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, leftCharacter] of a.entries()) {
    const current = [row + 1];
    for (const [column, rightCharacter] of b.entries()) {
      const replaced = (previous[column] ?? 0) + (leftCharacter === rightCharacter ? 0 : 1);
      const removed = (previous[column + 1] ?? 0) + 1;
      const inserted = (current[column] ?? 0) + 1;
      current.push(Math.min(replaced, removed, inserted));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
