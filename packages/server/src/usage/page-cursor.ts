import { AppError } from '../errors.ts';

/** Where a page of a list ended: texts by which the next one is found. Opaque to the caller. */
export function encodeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/**
 * @param length how many texts a cursor of this list has
 * @throws AppError INVALID_REQUEST when it is not a cursor of this list
 */
export function decodeCursor(cursor: string, length: number): readonly string[] {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw wrongCursor();
  }
  if (!Array.isArray(values) || values.length !== length) throw wrongCursor();
  return values.map((value: unknown) => {
    // PostgreSQL has no text with NUL in it.
    if (typeof value !== 'string' || value.includes('\0')) throw wrongCursor();
    return value;
  });
}

export function wrongCursor(): AppError {
  return new AppError(
    'INVALID_REQUEST',
    'after: this is not a cursor of this list. Take pagination.cursor of the page before, and leave the other parameters as they were.',
    { param: 'after' },
  );
}

export interface Page<Row> {
  readonly data: readonly Row[];
  readonly pagination: { readonly cursor: string | null; readonly has_more: boolean; readonly limit: number };
}

/** A page from rows of which one more than `limit` was asked for. */
export function pageOfRows<Row, Shown>(
  rows: readonly Row[],
  limit: number,
  show: { readonly row: (row: Row) => Shown; readonly cursor: (last: Row) => readonly string[] },
): Page<Shown> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((row) => show.row(row)),
    pagination: {
      cursor: last === undefined ? null : encodeCursor(show.cursor(last)),
      has_more: last !== undefined,
      limit,
    },
  };
}
