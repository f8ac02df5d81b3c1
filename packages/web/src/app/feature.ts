import type { LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import type { Language } from '../i18n/language.tsx';

/** A page of the console. Each has a folder in features/ and is listed in app/features.ts; all else follows. */
export interface Feature {
  /** Under /console. */
  readonly path: string;
  readonly title: Readonly<Record<Language, string>>;
  readonly icon: LucideIcon;
  readonly group: 'build' | 'organization' | 'staff' | 'you';
  /** What somebody must be allowed to do to see it; absent: everybody sees it. */
  readonly action?: string;
  /** Loaded when it is opened. */
  readonly load: () => Promise<{ readonly Page: ComponentType }>;
}
