import { useSyncExternalStore } from 'react';

export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

const storageKey = 'turnpike-language';
const listeners = new Set<() => void>();

function isLanguage(value: string | null | undefined): value is Language {
  return languages.some((language) => language === value);
}

function chosenBefore(): Language | undefined {
  try {
    const stored = localStorage.getItem(storageKey);
    return isLanguage(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

function preferred(): Language {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find(isLanguage) ?? 'en';
}

let current: Language = chosenBefore() ?? preferred();
document.documentElement.lang = current;

export function currentLanguage(): Language {
  return current;
}

export function chooseLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language;
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // Storage may be switched off: the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

/** Where neither a choice nor the browser tells: the language of the brand. */
export function preferLanguage(language: Language): void {
  const isTold = chosenBefore() !== undefined || navigator.languages.some((tag) => isLanguage(tag.slice(0, 2)));
  if (isTold || current === language) return;
  current = language;
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage);
}
