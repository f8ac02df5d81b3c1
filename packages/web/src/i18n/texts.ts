import { useLanguage, type Language } from './language.ts';

/** A text, one that takes values, or a group of them. */
type Text = string | ((...values: never[]) => string);
interface TextGroup {
  readonly [name: string]: Text | TextGroup;
}

/** The same texts in another language: every key, every value, nothing more. */
type Translated<Group> = {
  readonly [Name in keyof Group]: Group[Name] extends string
    ? string
    : Group[Name] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Translated<Group[Name]>;
};

export type Texts<Group> = Readonly<Record<Language, Translated<Group>>>;

/** Texts of a feature. English decides which there are; a translation that lacks one, or has one more, does not compile. */
export function defineTexts<const Group extends TextGroup>(texts: {
  readonly en: Group;
  readonly de: NoInfer<Translated<Group>>;
}): Texts<Group>;
export function defineTexts(texts: Texts<TextGroup>): Texts<TextGroup> {
  return texts;
}

/** The texts in the reader's language. */
export function useTexts<Group>(texts: Texts<Group>): Translated<Group> {
  return texts[useLanguage()];
}

/** One text in both languages, for declarations. */
export type Localized = Readonly<Record<Language, string>>;

export function useLocalize(): (text: Localized) => string {
  const language = useLanguage();
  return (text) => text[language];
}
