import { House } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const home: Feature = {
  path: '/',
  title: { en: 'Home', de: 'Start' },
  icon: House,
  group: 'build',
  load: () => import('./page.tsx'),
};
