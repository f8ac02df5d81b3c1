import { defineTexts, useTexts } from '../i18n/language.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

const texts = defineTexts(
  { title: 'There is no such page', body: 'The link may be old.', home: 'To the start page' },
  { title: 'Diese Seite gibt es nicht', body: 'Der Link ist vielleicht veraltet.', home: 'Zur Startseite' },
);

export function NotFound() {
  const text = useTexts(texts);
  return (
    <EmptyState title={text.title} action={<a href="/console/">{text.home}</a>}>
      <p>{text.body}</p>
    </EmptyState>
  );
}
