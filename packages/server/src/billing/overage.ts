/** What a plan includes in a month, and what counts what is used beyond it. */
export interface OverageTerms {
  readonly included: number;
  readonly per: 'key' | 'tenant';
  readonly meter: string;
}

/** A part of a month in which one plan held. */
export interface Piece {
  /** undefined: nothing beyond the plan was allowed then. */
  readonly terms: OverageTerms | undefined;
  /** Tokens used in it, by key. */
  readonly tokens: ReadonlyMap<string, number>;
}

function beyond(before: number, after: number, included: number): number {
  return Math.max(0, after - included) - Math.max(0, before - included);
}

function sum(tokens: Iterable<number>): number {
  let total = 0;
  for (const each of tokens) total += each;
  return total;
}

/**
 * Tokens used beyond the plan in a month, by meter: each token is judged by the plan of its time, and by all that was used
 * in the month before it. Grows with what is used and never shrinks, so what was reported is never too much.
 * @param pieces in their order in time
 */
export function overageOf(pieces: readonly Piece[]): ReadonlyMap<string, number> {
  const used = new Map<string, number>();
  const found = new Map<string, number>();
  for (const { terms, tokens } of pieces) {
    const usedBefore = sum(used.values());
    let tokensBeyond = 0;
    for (const [key, fresh] of tokens) {
      const before = used.get(key) ?? 0;
      used.set(key, before + fresh);
      if (terms?.per === 'key') tokensBeyond += beyond(before, before + fresh, terms.included);
    }
    if (terms?.per === 'tenant') tokensBeyond = beyond(usedBefore, sum(used.values()), terms.included);
    if (terms !== undefined && tokensBeyond > 0) found.set(terms.meter, (found.get(terms.meter) ?? 0) + tokensBeyond);
  }
  return found;
}

export const hourMs = 3_600_000;

export function hourStart(ms: number): number {
  return ms - (ms % hourMs);
}

/** The first instant of the UTC month that holds it, and of the next one. */
export function monthAround(ms: number): { readonly startMs: number; readonly endMs: number } {
  const date = new Date(ms);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { startMs: Date.UTC(year, month, 1), endMs: Date.UTC(year, month + 1, 1) };
}
