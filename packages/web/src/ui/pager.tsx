import { defineTexts, useTexts } from '../i18n/language.tsx';
import { Button } from './button.tsx';

const texts = defineTexts({ more: 'Load more' }, { more: 'Mehr laden' });

/** The way to the next page of a list; nothing on the last one. */
export function Pager({
  hasMore,
  isLoading,
  onMore,
}: {
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly onMore: () => void;
}) {
  const text = useTexts(texts);
  if (!hasMore) return null;
  return (
    <Button isBusy={isLoading} onClick={onMore}>
      {text.more}
    </Button>
  );
}
