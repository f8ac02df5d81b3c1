import { ShieldCheck } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const security: Feature = {
  path: '/security',
  title: { en: 'Security', de: 'Sicherheit' },
  icon: ShieldCheck,
  group: 'you',

  load: () => import('./page.tsx'),
};
