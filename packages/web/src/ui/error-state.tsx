import { RotateCw, TriangleAlert } from 'lucide-react';
import { toApiError, type ApiError } from '../api/api-error.ts';
import { authErrorText } from '../i18n/auth-error-texts.ts';
import { commonTexts } from '../i18n/common-texts.ts';
import { useLanguage } from '../i18n/language.ts';
import { useTexts } from '../i18n/texts.ts';
import { Button } from './button.tsx';
import styles from './error-state.module.css';

interface Words {
  readonly title: string;
  readonly advice: string;
}

/** What happened and what to do, in the reader's language; the server's own sentence where it says more. */
function useWords(error: ApiError): Words {
  const { errors } = useTexts(commonTexts);
  const language = useLanguage();
  const known = authErrorText(error.code, language);
  if (known !== undefined) return { title: errors.refused, advice: known };
  if (error.status === 0 && error.code === 'NETWORK') return { title: errors.network, advice: errors.networkAdvice };
  if (error.status === 0 || error.status >= 500) return { title: errors.server, advice: errors.serverAdvice };
  if (error.status === 429)
    return { title: errors.tooMany, advice: errors.tooManyAdvice(String(error.retryAfterSeconds ?? 60)) };
  if (error.code === 'INSUFFICIENT_ROLE') return { title: errors.forbidden, advice: errors.forbiddenAdvice };
  if (error.status === 404) return { title: errors.missing, advice: `${error.message} ${errors.missingAdvice}` };
  return { title: errors.refused, advice: error.message };
}

function Details({ error }: { readonly error: ApiError }) {
  const texts = useTexts(commonTexts);
  return (
    <p className={styles.details}>
      {error.documentationUrl !== undefined && (
        <a href={error.documentationUrl.replace('.md#', '#')}>{texts.moreAbout}</a>
      )}
      {error.requestId !== undefined && (
        <span>
          {texts.requestId} <code>{error.requestId}</code>
        </span>
      )}
    </p>
  );
}

/** An error inside a form or dialog. */
export function ErrorNote({ error: thrown }: { readonly error: unknown }) {
  const error = toApiError(thrown);
  const { title, advice } = useWords(error);
  return (
    <div className={styles.note} role="alert">
      <TriangleAlert aria-hidden="true" />
      <div>
        <p>
          <strong>{title}.</strong> {advice}
        </p>
        {authErrorText(error.code, 'en') === undefined && <Details error={error} />}
      </div>
    </div>
  );
}

/** An error in the place of what could not be shown. */
export function ErrorState({ error: thrown, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const texts = useTexts(commonTexts);
  const error = toApiError(thrown);
  const { title, advice } = useWords(error);
  return (
    <div className={styles.state} role="alert">
      <TriangleAlert aria-hidden="true" />
      <h2>{title}</h2>
      <p>{advice}</p>
      <Details error={error} />
      {onRetry !== undefined && (
        <Button icon={<RotateCw aria-hidden="true" />} onClick={onRetry}>
          {texts.retry}
        </Button>
      )}
    </div>
  );
}
