import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';

/**
 * A change that is shown at once and taken back where the server refuses it; then the truth is read. For changes that the
 * server hardly ever refuses and whose showing for a moment harms nobody.
 * @param change what the cached answer will be
 */
export function useOptimistic<Data, Input>({
  queryKey,
  mutationFn,
  change,
  onSuccess,
}: {
  readonly queryKey: QueryKey;
  readonly mutationFn: (input: Input) => Promise<unknown>;
  readonly change: (data: Data, input: Input) => Data;
  readonly onSuccess?: () => void;
}) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    onMutate: async (input: Input) => {
      // An answer on its way is of before the change.
      await queries.cancelQueries({ queryKey });
      const before = queries.getQueryData<Data>(queryKey);
      if (before !== undefined) queries.setQueryData(queryKey, change(before, input));
      return { before };
    },
    onError: (_error, _input, context) => {
      if (context?.before !== undefined) queries.setQueryData(queryKey, context.before);
    },
    onSuccess: () => onSuccess?.(),
    onSettled: () => queries.invalidateQueries({ queryKey }),
  });
}
