import type { ReactNode } from 'react';
import { useConsoleConfig } from '../../api/console-config.ts';
import { OriginBanner } from '../../shell/origin-banner.tsx';
import { PreferencesMenu } from '../../shell/preferences-menu.tsx';
import { usePageTitle } from '../../ui/page.tsx';
import styles from './auth-frame.module.css';

/** What stands around pages for who has not signed in. */
export function AuthFrame({
  title,
  lead,
  below,
  children,
}: {
  readonly title: string;
  readonly lead?: ReactNode;
  /** Other ways, under the card. */
  readonly below?: ReactNode;
  readonly children?: ReactNode;
}) {
  const { brand } = useConsoleConfig();
  usePageTitle(title);
  return (
    <div className={styles.frame}>
      <header className={styles.bar}>
        <a href="/" className={styles.brand}>
          <img src="/assets/favicon.svg" alt="" width="28" height="28" />
          {brand.name}
        </a>
        <PreferencesMenu />
      </header>
      <OriginBanner />
      <main className={styles.card}>
        <h1>{title}</h1>
        {lead !== undefined && <div className={styles.lead}>{lead}</div>}
        {children}
        {below !== undefined && <div className={styles.below}>{below}</div>}
      </main>
      <footer className={styles.foot}>{brand.description}</footer>
    </div>
  );
}
