import { Outlet } from '@tanstack/react-router';
import { Menu as MenuIcon, Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useConsoleConfig } from '../api/console-config.ts';
import { commonTexts } from '../i18n/common-texts.ts';
import { useTexts } from '../i18n/texts.ts';
import { IconButton } from '../ui/button.tsx';
import { createLazyDialog } from '../ui/lazy-dialog.tsx';
import { Brand } from './brand.tsx';
import { Navigation } from './navigation.tsx';
import { OrganizationSwitcher } from './organization-switcher.tsx';
import { OriginBanner } from './origin-banner.tsx';
import { PreferencesMenu } from './preferences-menu.tsx';
import { shellTexts } from './shell-texts.ts';
import { TrialBanner } from './trial-banner.tsx';
import { UserMenu } from './user-menu.tsx';
import styles from './shell.module.css';

const Palette = createLazyDialog(async () => (await import('./palette.tsx')).Palette);
const PhoneNavigation = createLazyDialog(async () => (await import('./phone-navigation.tsx')).PhoneNavigation);

/** ⌘K or Ctrl K opens the palette wherever one is. */
function usePaletteKey(toggle: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey) || event.altKey) return;
      event.preventDefault();
      toggle();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [toggle]);
}

function PhoneNavigationButton() {
  const texts = useTexts(shellTexts);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <IconButton
        label={texts.openNavigation}
        className={styles.opener}
        aria-haspopup="dialog"
        onClick={() => setIsOpen(true)}
      >
        <MenuIcon />
      </IconButton>
      <PhoneNavigation open={isOpen} onOpenChange={setIsOpen} />
    </>
  );
}

function TopBar({ onSearch }: { readonly onSearch: () => void }) {
  const texts = useTexts(shellTexts);
  const { links } = useConsoleConfig();
  const isApple = /mac|iphone|ipad/i.test(navigator.userAgent);
  return (
    <header className={styles.bar}>
      <PhoneNavigationButton />
      <span className={styles.phoneBrand}>
        <Brand />
      </span>
      <button type="button" className={styles.search} onClick={onSearch} aria-keyshortcuts="Meta+K Control+K">
        <Search aria-hidden="true" />
        <span className={styles.searchWords}>{texts.search}</span>
        <kbd>{isApple ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      <span className={styles.phoneSearch}>
        <IconButton label={texts.searchShort} onClick={onSearch}>
          <Search />
        </IconButton>
      </span>
      <a className={styles.documentation} href={links.documentation}>
        {texts.documentation}
      </a>
      <PreferencesMenu />
      <UserMenu />
    </header>
  );
}

/** What stands around every page of who has signed in. */
export function Shell() {
  const common = useTexts(commonTexts);
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const [togglePalette] = useState(() => () => setIsPaletteOpen((before) => !before));
  usePaletteKey(togglePalette);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {common.skip}
      </a>
      <aside className={styles.side}>
        <Brand />
        <OrganizationSwitcher />
        <Navigation />
      </aside>
      <div className={styles.rest}>
        <TopBar onSearch={togglePalette} />
        <OriginBanner />
        <TrialBanner />
        <main id="content" tabIndex={-1} className={styles.content}>
          <Outlet />
        </main>
      </div>
      <Palette open={isPaletteOpen} onOpenChange={setIsPaletteOpen} />
    </div>
  );
}
