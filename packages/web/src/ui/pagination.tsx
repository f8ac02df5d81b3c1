import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { commonTexts } from '../i18n/common-texts.ts';
import { useTexts } from '../i18n/texts.ts';
import { Button } from './button.tsx';
import styles from './pagination.module.css';

/** Where in a list that is read page by page one is. */
export interface Cursor {
  /** Goes into the query: what comes after it is shown; undefined: the first page. */
  readonly after: string | undefined;
  readonly page: number;
  readonly forward: (cursor: string) => void;
  readonly back: () => void;
  readonly reset: () => void;
}

export function useCursor(): Cursor {
  const [trail, setTrail] = useState<readonly string[]>([]);
  return {
    after: trail.at(-1),
    page: trail.length + 1,
    forward: (cursor) => setTrail((before) => [...before, cursor]),
    back: () => setTrail((before) => before.slice(0, -1)),
    reset: () => setTrail([]),
  };
}

/** The way through a list: nothing where there is one page only. @param pagination as the answer has it */
export function Pagination({
  cursor,
  pagination,
}: {
  readonly cursor: Cursor;
  readonly pagination: { readonly cursor: string | null; readonly has_more: boolean };
}) {
  const texts = useTexts(commonTexts);
  const next = pagination.has_more ? pagination.cursor : null;
  if (cursor.page === 1 && next === null) return null;
  return (
    <nav className={styles.pagination} aria-label={texts.pages}>
      <Button size="small" icon={<ChevronLeft aria-hidden="true" />} disabled={cursor.page === 1} onClick={cursor.back}>
        {texts.previous}
      </Button>
      <span aria-current="page">{texts.page(String(cursor.page))}</span>
      <Button size="small" disabled={next === null} onClick={() => next !== null && cursor.forward(next)}>
        {texts.next}
        <ChevronRight aria-hidden="true" />
      </Button>
    </nav>
  );
}
