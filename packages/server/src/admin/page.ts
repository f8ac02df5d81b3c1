/** A page of `{data, pagination}` from rows of which one more than `limit` was read. */
export function toPage<Row, Shown>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => string,
  show: (row: Row) => Shown,
) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return {
    data: shown.map(show),
    pagination: { cursor: hasMore && last !== undefined ? cursorOf(last) : null, has_more: hasMore, limit },
  };
}

/** A page of all there is: what is bounded by its nature is not cut into pages. */
export function wholePage<Row>(data: readonly Row[]) {
  return { data: [...data], pagination: { cursor: null, has_more: false, limit: 200 } };
}
