import type { Language } from './language.ts';

/** A section of a document as search finds it. */
export interface Passage {
  /** Path of the document from the project's root, e.g. `docs/guide/limits.md`. */
  readonly source: string;
  /** Fragment of the heading in the rendered document, without `#`; empty before the first heading. */
  readonly anchor: string;
  readonly title: string;
  /** Titles of the headings above it, outermost first, joined by ` › `. Empty at the top. */
  readonly headingPath: string;
  /** Markdown, without links inside the documentation. */
  readonly body: string;
  readonly language: Language;
  /** Higher is better; comparable within one search only. */
  readonly score: number;
}
