import type { Passage } from './passage.ts';

/** Damps how much the very first places count; as in the paper. */
const damping = 60;

/**
 * Merges lists of passages, each best first, into one: a place near the top of any list counts, places in several count
 * together (reciprocal rank fusion, Cormack, Clarke and Büttcher 2009).
 */
export function fusePassages(lists: readonly (readonly Passage[])[], limit: number): Passage[] {
  const scores = new Map<string, { readonly passage: Passage; score: number }>();
  for (const list of lists)
    for (const [index, passage] of list.entries()) {
      const id = `${passage.source}#${passage.anchor}`;
      const known = scores.get(id) ?? { passage, score: 0 };
      known.score += 1 / (damping + index + 1);
      scores.set(id, known);
    }
  return [...scores.values()]
    .toSorted((left, right) => right.score - left.score)
    .slice(0, limit)
    .map(({ passage, score }) => ({ ...passage, score }));
}
