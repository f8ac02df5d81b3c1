import type { UsageEvent, UsageOpen } from './usage-event.ts';

/** A line of the journal. */
export type JournalRecord =
  | { readonly kind: 'open'; readonly open: UsageOpen }
  | { readonly kind: 'progress'; readonly id: string; readonly completionTokens: number; readonly atMs: number }
  | { readonly kind: 'close'; readonly event: UsageEvent };

export function openLine(open: UsageOpen): string {
  return `["o",${JSON.stringify(open)}]\n`;
}

export function progressLine(id: string, completionTokens: number, atMs: number): string {
  return `["p",${JSON.stringify(id)},${completionTokens},${atMs}]\n`;
}

export function closeLine(event: UsageEvent): string {
  const { reservation: _reservation, ...kept } = event;
  return `["c",${JSON.stringify(kept)}]\n`;
}

/** @returns undefined for a line that is no record: torn by a crash, or damaged */
export function parseLine(line: string): JournalRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [kind, first, second, third] = value as unknown[];
  const hasId = typeof first === 'object' && first !== null && 'id' in first && typeof first.id === 'string';
  if (kind === 'o' && hasId) return { kind: 'open', open: first as unknown as UsageOpen };
  if (kind === 'c' && hasId) return { kind: 'close', event: first as unknown as UsageEvent };
  if (kind === 'p' && typeof first === 'string' && typeof second === 'number' && typeof third === 'number')
    return { kind: 'progress', id: first, completionTokens: second, atMs: third };
  return undefined;
}
