import { useMemo } from 'react';
import { useLanguage, type Language } from './language.ts';

/** Numbers, money and time as the reader writes them. */
export interface Formats {
  readonly number: (value: number) => string;
  /** 12,3 Tsd.; 12.3K */
  readonly compact: (value: number) => string;
  readonly percent: (share: number) => string;
  /** @param amount as the API has it, a decimal string */
  readonly money: (amount: string | number, currency: string) => string;
  readonly date: (instant: string | number | Date) => string;
  readonly dateTime: (instant: string | number | Date) => string;
  /** `3 hours ago`, `in 2 days` */
  readonly relative: (instant: string | number | Date, now?: number) => string;
  readonly duration: (milliseconds: number) => string;
  readonly bytes: (value: number) => string;
}

const locales: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE' };

const steps: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

function relativeTo(format: Intl.RelativeTimeFormat, instant: number, now: number): string {
  const seconds = (instant - now) / 1_000;
  const [unit, size] = steps.find(([, least]) => Math.abs(seconds) >= least) ?? (['second', 1] as const);
  return format.format(Math.round(seconds / size), unit);
}

/** Sums of fractions of a cent are shown, not rounded to nothing. */
function moneyFormat(locale: string, currency: string, amount: number): Intl.NumberFormat {
  const isTiny = amount !== 0 && Math.abs(amount) < 0.1;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    ...(isTiny ? { maximumSignificantDigits: 3 } : {}),
  });
}

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

function formatBytes(locale: string, value: number): string {
  const step = value < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(value) / 3));
  const unit = byteUnits[step] ?? 'byte';
  const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale, options).format(value / 1_000 ** step);
}

export function formatsOf(language: Language): Formats {
  const locale = locales[language];
  const number = new Intl.NumberFormat(locale);
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return {
    number: (value) => number.format(value),
    compact: (value) => (Math.abs(value) < 10_000 ? number.format(value) : compact.format(value)),
    percent: (share) => percent.format(share),
    money: (amount, currency) => moneyFormat(locale, currency, Number(amount)).format(Number(amount)),
    date: (instant) => date.format(new Date(instant)),
    dateTime: (instant) => dateTime.format(new Date(instant)),
    relative: (instant, now = Date.now()) => relativeTo(relative, new Date(instant).getTime(), now),
    duration: (milliseconds) =>
      milliseconds < 1_000
        ? `${number.format(Math.round(milliseconds))} ms`
        : `${number.format(Math.round(milliseconds / 10) / 100)} s`,
    bytes: (value) => formatBytes(locale, value),
  };
}

export function useFormats(): Formats {
  const language = useLanguage();
  return useMemo(() => formatsOf(language), [language]);
}
