import type { LoadPage } from '../feature.ts';

/** Pages for who has not signed in. */
export const authPages: readonly { readonly path: `/${string}`; readonly load: LoadPage }[] = [
  { path: '/sign-in', load: () => import('./sign-in-page.tsx') },
  { path: '/sign-up', load: () => import('./sign-up-page.tsx') },
  { path: '/check-mail', load: () => import('./check-mail-page.tsx') },
  { path: '/verified', load: () => import('./verified-page.tsx') },
  { path: '/forgot-password', load: () => import('./forgot-password-page.tsx') },
  { path: '/reset', load: () => import('./reset-page.tsx') },
  { path: '/invitation/$id', load: () => import('./invitation-page.tsx') },
];
