import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Menu as MenuIcon, Search } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { defineTexts, useLanguage, useTexts } from '../i18n/language.tsx';
import { Skeleton } from '../ui/empty-state.tsx';
import { Banners } from './banners.tsx';
import { Brand } from './brand.tsx';
import { features } from './features.ts';
import { OrganizationMenu, PersonMenu } from './menus.tsx';
import { useOwnFeatures } from './own-features.ts';
import { usePageTitle } from './page-title.ts';
import styles from './shell.module.css';

// Loaded when it is first asked for.
const Palette = lazy(() => import('./palette.tsx').then(({ Palette: component }) => ({ default: component })));

const texts = defineTexts(
  {
    skip: 'Skip to content',
    navigation: 'Pages',
    menu: 'Menu',
    search: 'Go to…',
    build: 'Build',
    organization: 'Organisation',
    you: 'You',
    staff: 'Staff',
    loading: 'Loading',
  },
  {
    skip: 'Zum Inhalt',
    navigation: 'Seiten',
    menu: 'Menü',
    search: 'Gehe zu…',
    build: 'Entwickeln',
    organization: 'Organisation',
    you: 'Sie',
    staff: 'Betrieb',
    loading: 'Wird geladen',
  },
);

const groups = ['build', 'organization', 'you', 'staff'] as const;

function Navigation({ onChoose }: { readonly onChoose: () => void }) {
  const text = useTexts(texts);
  const { language } = useLanguage();
  const own = useOwnFeatures();
  return (
    <nav aria-label={text.navigation}>
      {groups.map((group) => {
        const pages = own.filter((feature) => feature.group === group);
        if (pages.length === 0) return null;
        return (
          <section key={group}>
            <h2 className={styles['group']}>{text[group]}</h2>
            <ul>
              {pages.map(({ path, title, icon: Icon }) => (
                <li key={path}>
                  <Link to={path} activeOptions={{ exact: path === '/' }} className={styles['link']} onClick={onChoose}>
                    <Icon aria-hidden="true" />
                    {title[language]}
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}

/** ⌘K and Ctrl+K anywhere. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      open();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [open]);
}

/** The title of the page that is open. */
function useTitle(): string {
  const { language } = useLanguage();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  return features.find((feature) => feature.path === path)?.title[language] ?? '';
}

export function Shell() {
  usePageTitle(useTitle());
  const text = useTexts(texts);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  usePaletteKey(() => setPaletteOpen(true));
  return (
    <div className={styles['shell']}>
      <a href="#content" className={styles['skip']}>
        {text.skip}
      </a>
      <header className={styles['top']}>
        <button
          type="button"
          className={styles['toggle']}
          aria-expanded={isMenuOpen}
          aria-controls="side"
          onClick={() => setMenuOpen(!isMenuOpen)}
        >
          <MenuIcon aria-hidden="true" />
          <span className="visually-hidden">{text.menu}</span>
        </button>
        <span className={styles['brand']}>
          <Brand href="/console/" />
        </span>
        <OrganizationMenu />
        <button type="button" className={styles['search']} onClick={() => setPaletteOpen(true)}>
          <Search aria-hidden="true" />
          <span>{text.search}</span>
          <kbd aria-hidden="true">Ctrl K</kbd>
        </button>
        <PersonMenu />
      </header>
      <div id="side" className={styles['side']} data-open={isMenuOpen}>
        <Navigation onChoose={() => setMenuOpen(false)} />
      </div>
      <main id="content" className={styles['main']} tabIndex={-1}>
        <Banners />
        <Suspense fallback={<Skeleton label={text.loading} lines={6} />}>
          <Outlet />
        </Suspense>
      </main>
      {isPaletteOpen ? (
        <Suspense>
          <Palette onClose={() => setPaletteOpen(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}
