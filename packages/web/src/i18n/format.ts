import { useMemo } from 'react';
import { useLanguage } from './language.tsx';

export interface Formats {
  readonly count: (value: number) => string;
  /** 12.3K, 4.5M. */
  readonly short: (value: number) => string;
  readonly percent: (share: number) => string;
  /** @param amount a decimal text, as the API has it */
  readonly money: (amount: string | number, currency: string) => string;
  readonly date: (instant: string | number | Date) => string;
  readonly time: (instant: string | number | Date) => string;
  /** A step of a chart: 14:00. @param instant RFC 3339 */
  readonly hour: (instant: string) => string;
  /** 3 Nov. @param day 2026-11-03, in UTC */
  readonly day: (day: string) => string;
  /** Nov 2026. @param month 2026-11 */
  readonly month: (month: string) => string;
  readonly milliseconds: (value: number) => string;
  /** 12 kB, 3.4 MB. */
  readonly bytes: (value: number) => string;
  /** 3 days ago, in 2 hours. */
  readonly relative: (instant: string | number | Date) => string;
}

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

function createBytes(locale: string): (value: number) => string {
  return (value) => {
    const step = Math.min(byteUnits.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
    const unit = byteUnits[step] ?? 'byte';
    const shown = value / 1_000 ** step;
    return new Intl.NumberFormat(locale, {
      style: 'unit',
      unit,
      unitDisplay: step === 0 ? 'long' : 'short',
      maximumFractionDigits: shown < 10 && step > 0 ? 1 : 0,
    }).format(shown);
  };
}

function createFormats(language: string): Formats {
  const locale = language === 'de' ? 'de-DE' : 'en-GB';
  const count = new Intl.NumberFormat(locale);
  const short = new Intl.NumberFormat(language === 'de' ? 'de-DE' : 'en', {
    notation: 'compact',
    maximumFractionDigits: 1,
  });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const hour = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const month = new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return {
    count: (value) => count.format(value),
    short: (value) => short.format(value),
    percent: (share) => percent.format(share),
    money: (amount, currency) => {
      const value = Number(amount);
      const digits = value !== 0 && Math.abs(value) < 0.1 ? 6 : 2;
      return new Intl.NumberFormat(locale, {
        style: 'currency',
        currency: currency === '' ? 'EUR' : currency,
        minimumFractionDigits: 2,
        maximumFractionDigits: digits,
      }).format(value);
    },
    date: (instant) => date.format(new Date(instant)),
    time: (instant) => time.format(new Date(instant)),
    hour: (instant) => hour.format(new Date(instant)),
    day: (name) => day.format(new Date(`${name}T00:00:00Z`)),
    month: (name) => month.format(new Date(`${name}-01T00:00:00Z`)),
    milliseconds: (value) =>
      value < 1_000 ? `${count.format(Math.round(value))} ms` : `${count.format(Math.round(value / 100) / 10)} s`,
    bytes: createBytes(locale),
    relative: (instant) => {
      const difference = new Date(instant).getTime() - Date.now();
      const [unit, size] = steps.find(([, each]) => Math.abs(difference) >= each) ?? (['second', 1_000] as const);
      return relative.format(Math.round(difference / size), unit);
    },
  };
}

/** Numbers, money and times as the language writes them. */
export function useFormats(): Formats {
  const { language } = useLanguage();
  return useMemo(() => createFormats(language), [language]);
}
