import { ShieldCheck } from 'lucide-react';
import type { Feature } from '../feature.ts';

export const feature: Feature = {
  path: '/security',
  label: { en: 'Security', de: 'Sicherheit' },
  icon: ShieldCheck,
  section: 'account',
  order: 10,
  keywords:
    'sign-in anmeldung password passkey totp sessions two-factor email delete account passwort sitzungen löschen',
  load: () => import('./security-page.tsx'),
};
