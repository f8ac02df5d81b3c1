import { defineTexts, useTexts } from '../i18n/language.tsx';
import { useSettings } from './settings.ts';
import styles from './banners.module.css';

const texts = defineTexts(
  { wrong: 'Signing in and changing anything works only at this server’s own address:' },
  { wrong: 'Anmelden und ändern geht nur unter der eigenen Adresse dieses Servers:' },
);

/** The server takes changes from its own address only: said before somebody fills in a form in vain. */
export function OriginNote() {
  const text = useTexts(texts);
  const { public_url: publicUrl } = useSettings();
  // The development server of the console stands before the server with an address of its own.
  if (publicUrl === window.location.origin || import.meta.env.DEV) return null;
  const here = `${publicUrl}${window.location.pathname}${window.location.search}`;
  return (
    <p className={styles['trial']} role="alert">
      {text.wrong} <a href={here}>{publicUrl}</a>
    </p>
  );
}
