import type { ReactNode } from 'react';
import type { Pages } from '../api/pages.ts';
import { Skeleton } from './empty-state.tsx';
import { ErrorState } from './error-state.tsx';
import { Pager } from './pager.tsx';
import { Table, type TableProps } from './table.tsx';

/** A list with all that can be of it: not there yet, failed, empty, rows, and the way to more. */
export function PagedTable<Row>({
  pages,
  loading,
  empty,
  ...table
}: Omit<TableProps<Row>, 'rows'> & {
  readonly pages: Pages<Row>;
  /** What is being waited for, for screen readers. */
  readonly loading: string;
  /** In the place of no rows. */
  readonly empty: ReactNode;
}) {
  const { rows, error, hasMore, isLoadingMore, more, retry } = pages;
  return (
    <>
      {error === null ? null : <ErrorState error={error} onRetry={retry} />}
      {rows === undefined && error === null ? <Skeleton label={loading} lines={6} /> : null}
      {rows === undefined ? null : rows.length === 0 ? empty : <Table {...table} rows={rows} />}
      <Pager hasMore={hasMore} isLoading={isLoadingMore} onMore={more} />
    </>
  );
}
