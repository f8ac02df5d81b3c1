import type { LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import type { Action } from '../api/account.ts';
import type { Localized } from '../i18n/texts.ts';

/** The parts of the navigation, in their order. */
export const sections = [
  { id: 'today', label: undefined },
  { id: 'build', label: { en: 'Build', de: 'Entwickeln' } },
  { id: 'watch', label: { en: 'Watch', de: 'Beobachten' } },
  { id: 'organization', label: { en: 'Organisation', de: 'Organisation' } },
  { id: 'account', label: { en: 'Your account', de: 'Ihr Konto' } },
  { id: 'staff', label: { en: 'Staff', de: 'Betrieb' } },
] as const satisfies readonly { readonly id: string; readonly label: Localized | undefined }[];

/** A module that exports the page under this name; loaded when it is first visited. */
export type LoadPage = () => Promise<{ readonly Page: ComponentType }>;

/** A page of the console: `feature.ts` in a folder of its own exports one, and it is there. */
export interface Feature {
  /** Below /console: `/keys`. */
  readonly path: `/${string}`;
  readonly label: Localized;
  readonly icon: LucideIcon;
  readonly section: (typeof sections)[number]['id'];
  /** Place within the section; gaps leave room. */
  readonly order: number;
  /** Who may not do this does not see it. */
  readonly action?: Action;
  /** Words by which the palette finds it too. */
  readonly keywords?: string;
  readonly load: LoadPage;
  /** Pages below it that the navigation does not list: `{ path: '$id', … }` is at `/keys/$id`. */
  readonly subpages?: readonly { readonly path: string; readonly load: LoadPage }[];
}
