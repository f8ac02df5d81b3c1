import { Problem } from '../api/problem.ts';
import { defineTexts, useTexts } from '../i18n/language.tsx';
import { Button } from './button.tsx';
import styles from './states.module.css';

const texts = defineTexts(
  {
    title: 'This could not be loaded',
    offline: 'The server cannot be reached. Check your connection and try again.',
    again: 'Try again',
    request: (id: string) => `Request ${id}`,
  },
  {
    title: 'Das konnte nicht geladen werden',
    offline: 'Der Server ist nicht erreichbar. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.',
    again: 'Noch einmal versuchen',
    request: (id: string) => `Anfrage ${id}`,
  },
);

function useMessage(error: unknown): { readonly message: string; readonly requestId: string | null } {
  const text = useTexts(texts);
  if (error instanceof Problem) return { message: error.message, requestId: error.requestId };
  return { message: text.offline, requestId: null };
}

/** A line in a form: what went wrong, as the API says it. */
export function ErrorNote({ error }: { readonly error: unknown }) {
  const text = useTexts(texts);
  const { message, requestId } = useMessage(error);
  return (
    <div className={styles['note']} role="alert">
      <p>{message}</p>
      {requestId === null ? null : <p className={styles['request']}>{text.request(requestId)}</p>}
    </div>
  );
}

/** In place of a page that could not be loaded. */
export function ErrorState({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const text = useTexts(texts);
  const { message, requestId } = useMessage(error);
  return (
    <div className={styles['state']} role="alert">
      <h2>{text.title}</h2>
      <p>{message}</p>
      {requestId === null ? null : <p className={styles['request']}>{text.request(requestId)}</p>}
      {onRetry === undefined ? null : <Button onClick={onRetry}>{text.again}</Button>}
    </div>
  );
}
