import { z } from 'zod';
import type { Reservation } from '../limits/limit.ts';
import type { UsageEvent, UsageOpen } from './usage-event.ts';

/**
 * A line of the journal: one compact JSON array and a newline. A `close` stands for itself, so that it outlives the
 * segment its `open` was in; `moved` names events that the ledger has, so that a replay does not send them again.
 */
export type JournalRecord =
  | { readonly kind: 'open'; readonly open: UsageOpen }
  | { readonly kind: 'progress'; readonly id: string; readonly completionTokens: number; readonly atMs: number }
  | { readonly kind: 'close'; readonly id: string }
  | { readonly kind: 'moved'; readonly ids: readonly string[] };

const text = z.string();
const number = z.number();

const heldTuple = z.tuple([
  text,
  z.enum(['requests', 'tokens']),
  z.enum(['minute', 'hour', 'day', 'month']),
  number,
  text,
  number,
  number,
]);

const openTuple = z.tuple([
  z.literal('o'),
  text, // id
  text, // request id
  text, // tenant id
  text, // key id
  z.enum(['live', 'test']),
  text, // surface
  text, // model
  text, // target
  z.boolean(), // stream
  number, // started at, ms
  number, // prompt tokens
  number, // nanos per token: input, cached input, output
  number,
  number,
  text, // currency
  z.tuple([text, z.array(heldTuple)]).nullable(),
]);

const progressTuple = z.tuple([z.literal('p'), text, number, number]);
const closeTuple = z.tuple([z.literal('c'), text]).rest(z.union([text, number, z.boolean(), z.null()]));
const movedTuple = z.tuple([z.literal('m')]).rest(text);

/** Elements of a `close`: the ledger reads it by position (ledger.ts). */
export const closeLength = 27;
/** Journals of before attempts were kept. */
const oldCloseLength = 26;

function packReservation(reservation: Reservation): unknown {
  return [
    reservation.id,
    reservation.held.map(({ limit, windowStartMs, amount }) => [
      limit.name,
      limit.counts,
      limit.window,
      limit.quota,
      limit.subject,
      windowStartMs,
      amount,
    ]),
  ];
}

export function openLine(open: UsageOpen): string {
  const tuple = [
    'o',
    open.id,
    open.requestId,
    open.tenantId,
    open.keyId,
    open.mode,
    open.surface,
    open.model,
    open.target,
    open.stream,
    open.startedAtMs,
    open.promptTokens,
    open.inputNanosPerToken,
    open.cachedInputNanosPerToken,
    open.outputNanosPerToken,
    open.currency,
    open.reservation === undefined ? null : packReservation(open.reservation),
  ];
  return `${JSON.stringify(tuple)}\n`;
}

export function progressLine(id: string, completionTokens: number, atMs: number): string {
  return `["p",${JSON.stringify(id)},${completionTokens},${atMs}]\n`;
}

export function closeLine(event: UsageEvent): string {
  const tuple = [
    'c',
    event.id,
    event.requestId,
    event.tenantId,
    event.keyId,
    event.mode,
    event.surface,
    event.model,
    event.target,
    event.stream,
    event.startedAtMs,
    event.inputNanosPerToken,
    event.cachedInputNanosPerToken,
    event.outputNanosPerToken,
    event.currency,
    event.status,
    event.httpStatus,
    event.errorCode,
    event.promptTokens,
    event.completionTokens,
    event.cachedTokens,
    event.reasoningTokens,
    event.estimated,
    event.costNanos,
    Math.round(event.durationMs),
    event.firstByteMs === null ? null : Math.round(event.firstByteMs),
    event.attempts === undefined ? null : JSON.stringify(event.attempts),
  ];
  return `${JSON.stringify(tuple)}\n`;
}

export function movedLine(ids: readonly string[]): string {
  return `${JSON.stringify(['m', ...ids])}\n`;
}

function unpackReservation([id, held]: NonNullable<z.infer<typeof openTuple>[16]>): Reservation {
  return {
    id,
    held: held.map(([name, counts, window, quota, subject, windowStartMs, amount]) => ({
      limit: { name, counts, window, quota, subject },
      windowStartMs,
      amount,
    })),
  };
}

function unpackOpen(tuple: z.infer<typeof openTuple>): UsageOpen {
  return {
    id: tuple[1],
    requestId: tuple[2],
    tenantId: tuple[3],
    keyId: tuple[4],
    mode: tuple[5],
    surface: tuple[6],
    model: tuple[7],
    target: tuple[8],
    stream: tuple[9],
    startedAtMs: tuple[10],
    promptTokens: tuple[11],
    inputNanosPerToken: tuple[12],
    cachedInputNanosPerToken: tuple[13],
    outputNanosPerToken: tuple[14],
    currency: tuple[15],
    ...(tuple[16] === null ? {} : { reservation: unpackReservation(tuple[16]) }),
  };
}

/** @returns undefined for a line that is no record: torn by a crash, or damaged */
export function parseLine(line: string): JournalRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const kind: unknown = Array.isArray(value) ? value[0] : undefined;
  if (kind === 'o') {
    const parsed = openTuple.safeParse(value);
    return parsed.success ? { kind: 'open', open: unpackOpen(parsed.data) } : undefined;
  }
  if (kind === 'p') {
    const parsed = progressTuple.safeParse(value);
    if (!parsed.success) return undefined;
    return { kind: 'progress', id: parsed.data[1], completionTokens: parsed.data[2], atMs: parsed.data[3] };
  }
  if (kind === 'c') {
    const parsed = closeTuple.safeParse(value);
    const isWhole = parsed.success && (parsed.data.length === closeLength || parsed.data.length === oldCloseLength);
    return isWhole ? { kind: 'close', id: parsed.data[1] } : undefined;
  }
  if (kind !== 'm') return undefined;
  const parsed = movedTuple.safeParse(value);
  return parsed.success ? { kind: 'moved', ids: parsed.data.slice(1) } : undefined;
}
