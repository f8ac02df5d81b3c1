import { keepPreviousData, useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';

interface Page<Row> {
  readonly data: readonly Row[];
  readonly pagination: { readonly cursor: string | null };
}

/** A list as far as it was read. */
export interface Pages<Row> {
  /** undefined: nothing was read yet. */
  readonly rows: readonly Row[] | undefined;
  readonly error: unknown;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly more: () => void;
  readonly retry: () => void;
}

const pageSize = 50;

/**
 * Reads a list of the API page after page.
 * @param read one page; `after` goes into the query
 * @param refetchMs how long what was read is good, by its rows; absent: until the page is opened again
 * @param keepsPrevious shows what was there while another filter is asked
 */
export function usePages<Row>({
  queryKey,
  read,
  refetchMs,
  keepsPrevious = false,
}: {
  readonly queryKey: readonly unknown[];
  readonly read: (page: { readonly limit: number; readonly after?: string }) => Promise<Page<Row>>;
  readonly refetchMs?: (rows: readonly Row[]) => number;
  readonly keepsPrevious?: boolean;
}): Pages<Row> {
  const list = useInfiniteQuery<Page<Row>, Error, InfiniteData<Page<Row>>, readonly unknown[], string | undefined>({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after }) => read({ limit: pageSize, ...(after === undefined ? {} : { after }) }),
    getNextPageParam: ({ pagination }) => pagination.cursor ?? undefined,
    ...(keepsPrevious ? { placeholderData: keepPreviousData } : {}),
    ...(refetchMs === undefined
      ? {}
      : { refetchInterval: ({ state: { data } }) => refetchMs(data?.pages.flatMap((page) => page.data) ?? []) }),
  });
  return {
    rows: list.data?.pages.flatMap(({ data }) => data),
    error: list.error,
    hasMore: list.hasNextPage,
    isLoadingMore: list.isFetchingNextPage,
    more: () => void list.fetchNextPage(),
    retry: () => void list.refetch(),
  };
}
