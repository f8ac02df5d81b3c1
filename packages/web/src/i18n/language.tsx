import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';

export type Language = 'en' | 'de';

interface LanguageState {
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
}

const storageKey = 'turnpike.language';
const LanguageContext = createContext<LanguageState>({ language: 'en', setLanguage: () => undefined });

function firstLanguage(): Language {
  const stored = localStorage.getItem(storageKey);
  if (stored === 'en' || stored === 'de') return stored;
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en';
}

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, change] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const setLanguage = useCallback((chosen: Language) => {
    localStorage.setItem(storageKey, chosen);
    change(chosen);
  }, []);
  const state = useMemo(() => ({ language, setLanguage }), [language, setLanguage]);
  return <LanguageContext value={state}>{children}</LanguageContext>;
}

export function useLanguage(): LanguageState {
  return use(LanguageContext);
}

/** What a text is made with: itself, or a function of what stands in it. */
type Texts = Readonly<Record<string, string | ((...values: never[]) => string)>>;

/** German texts must be there for each English one, made with the same values. */
type SameShape<English extends Texts> = {
  readonly [Name in keyof English]: English[Name] extends (...values: infer Values) => string
    ? (...values: Values) => string
    : string;
};

export interface Dictionary<Shape> {
  readonly en: Shape;
  readonly de: Shape;
}

/** The texts of one part of the console, in both languages; one that lacks a translation does not compile. */
export function defineTexts<const English extends Texts>(
  en: English,
  de: NoInfer<SameShape<English>>,
): Dictionary<SameShape<English>> {
  // The shape only forgets which words the English texts are.
  return { en: en as unknown as SameShape<English>, de };
}

/** The texts in the language chosen. */
export function useTexts<Shape>(dictionary: Dictionary<Shape>): Shape {
  return dictionary[useLanguage().language];
}
