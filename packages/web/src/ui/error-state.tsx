import { Problem } from '../api/problem.ts';
import { authErrorText } from '../i18n/auth-errors.ts';
import { defineTexts, useLanguage, useTexts } from '../i18n/language.tsx';
import { Button } from './button.tsx';
import styles from './states.module.css';

const texts = defineTexts(
  {
    title: 'This could not be loaded',
    server:
      'The server has a fault; it is not your doing. Try again in a minute. If it goes on, send the request number to support.',
    role: 'You may not do this. Ask an owner or admin of the organisation.',
    often: 'Too many attempts. Wait a minute, then try again.',
    about: 'What this means',
    offline: 'The server cannot be reached. Check your connection and try again.',
    again: 'Try again',
    request: (id: string) => `Request ${id}`,
  },
  {
    title: 'Das konnte nicht geladen werden',
    server:
      'Der Server hat einen Fehler; das liegt nicht an Ihnen. Versuchen Sie es in einer Minute noch einmal. Bleibt es dabei, nennen Sie dem Support die Nummer der Anfrage.',
    role: 'Das dürfen Sie nicht. Bitten Sie einen Inhaber oder Admin der Organisation.',
    often: 'Zu viele Versuche. Warten Sie eine Minute und versuchen Sie es noch einmal.',
    about: 'Was das bedeutet',
    offline: 'Der Server ist nicht erreichbar. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.',
    again: 'Noch einmal versuchen',
    request: (id: string) => `Anfrage ${id}`,
  },
);

/** What happened and what to do, in the reader's language; where nothing of ours says more, as the API says it. */
function useMessage(error: unknown): string {
  const text = useTexts(texts);
  const { language } = useLanguage();
  if (!(error instanceof Problem)) return text.offline;
  const known = authErrorText(error.code, language);
  if (known !== undefined) return known;
  if (error.status >= 500) return text.server;
  if (error.code === 'INSUFFICIENT_ROLE') return text.role;
  return error.status === 429 ? text.often : error.message;
}

/** For support, and for who wants to know more. What is only mistyped needs neither. */
function Details({ error }: { readonly error: unknown }) {
  const text = useTexts(texts);
  if (!(error instanceof Problem) || authErrorText(error.code, 'en') !== undefined) return null;
  return (
    <p className={styles['request']}>
      {error.documentationUrl === null ? null : <a href={error.documentationUrl}>{text.about}</a>}{' '}
      {error.requestId === null ? null : text.request(error.requestId)}
    </p>
  );
}

/** A line in a form: what went wrong, as the API says it. */
export function ErrorNote({ error }: { readonly error: unknown }) {
  const message = useMessage(error);
  return (
    <div className={styles['note']} role="alert">
      <p>{message}</p>
      <Details error={error} />
    </div>
  );
}

/** In place of a page that could not be loaded. */
export function ErrorState({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const text = useTexts(texts);
  const message = useMessage(error);
  return (
    <div className={styles['state']} role="alert">
      <h2>{text.title}</h2>
      <p>{message}</p>
      <Details error={error} />
      {onRetry === undefined ? null : <Button onClick={onRetry}>{text.again}</Button>}
    </div>
  );
}
