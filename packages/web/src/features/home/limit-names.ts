import { defineTexts, useTexts } from '../../i18n/language.tsx';

const texts = defineTexts(
  {
    rpm: 'Requests / minute',
    tpm: 'Tokens / minute',
    tpd: 'Tokens / day',
    tpmonth: 'Tokens / month',
  },
  {
    rpm: 'Anfragen / Minute',
    tpm: 'Tokens / Minute',
    tpd: 'Tokens / Tag',
    tpmonth: 'Tokens / Monat',
  },
);

/** A limit as people say it; the short names are those of the rate limit headers. */
export function useLimitName(): (name: string) => string {
  const names: Readonly<Record<string, string>> = useTexts(texts);
  return (name) => names[name] ?? name;
}
