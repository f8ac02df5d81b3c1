import { TriangleAlert } from 'lucide-react';
import { useConsoleConfig } from '../api/console-config.ts';
import { useTexts } from '../i18n/texts.ts';
import { shellTexts } from './shell-texts.ts';
import styles from './banner.module.css';

/** The server takes changes from its own address only: said before somebody fills in a form in vain. */
export function OriginBanner() {
  const texts = useTexts(shellTexts);
  const { public_url: publicUrl } = useConsoleConfig();
  // The development server of the console stands before the server with an address of its own.
  if (publicUrl === location.origin || import.meta.env.DEV) return null;
  return (
    <div className={styles.banner} role="alert">
      <TriangleAlert aria-hidden="true" />
      <p>
        {texts.wrongOrigin} <a href={`${publicUrl}${location.pathname}${location.search}`}>{publicUrl}</a>
      </p>
    </div>
  );
}
