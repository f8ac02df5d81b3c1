import type { ReactNode } from 'react';
import { Brand } from '../../app/brand.tsx';
import { OriginNote } from '../../app/origin-note.tsx';
import { usePageTitle } from '../../app/page-title.ts';
import { useSettings } from '../../app/settings.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import styles from './frame.module.css';

const texts = defineTexts(
  { other: 'Deutsch', documentation: 'Documentation' },
  { other: 'English', documentation: 'Dokumentation' },
);

/** The page around sign-in and what belongs to it: one narrow column. */
export function Frame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const { brand, links } = useSettings();
  usePageTitle(title);
  const text = useTexts(texts);
  const { language, setLanguage } = useLanguage();
  return (
    <div className={styles['page']}>
      <header className={styles['header']}>
        <Brand href="/" />
        <Button kind="quiet" size="small" onClick={() => setLanguage(language === 'de' ? 'en' : 'de')}>
          {text.other}
        </Button>
      </header>
      <main className={styles['column']}>
        <OriginNote />
        <h1>{title}</h1>
        {children}
      </main>
      <footer className={styles['footer']}>
        <span>{brand.description}</span>
        <a href={links.documentation}>{text.documentation}</a>
      </footer>
    </div>
  );
}
