import type { Language } from '../../knowledge/language.ts';
import type { PageSection } from './page.ts';

/** What a page says now. */
export interface PageText {
  readonly title: string;
  readonly description: string;
  /** Links are absolute; those to other pages lead to their Markdown. */
  readonly markdown: string;
  readonly updatedAt: Date;
  readonly language: Language;
}

/** What lists of pages show of one. */
export type PageSummary = Omit<PageText, 'markdown'>;

/** Where a page's text comes from: a file, or what the program knows. */
export interface PageSource {
  /** As browsers ask for it. */
  readonly path: string;
  readonly section: PageSection;
  /** Name for the order in the navigation: `limits`. */
  readonly name: string;
  /** Shows the state of this moment: not to be kept by caches. */
  readonly isLive?: boolean;
  read(): Promise<PageText>;
  /** Without the cost of the text, where that is high; default: part of the text. */
  summary?(): PageSummary;
  /** Members of the page's JSON-LD graph beside those that every page has. */
  structuredData?(): Promise<readonly object[]>;
}
