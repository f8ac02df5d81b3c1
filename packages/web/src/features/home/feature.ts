import { House } from 'lucide-react';
import type { Feature } from '../feature.ts';

export const feature: Feature = {
  path: '/',
  label: { en: 'Home', de: 'Start' },
  icon: House,
  section: 'today',
  order: 0,
  load: () => import('./home-page.tsx'),
};
