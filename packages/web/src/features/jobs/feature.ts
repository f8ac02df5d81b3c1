import { Hourglass } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const jobs: Feature = {
  path: '/jobs',
  title: { en: 'Jobs', de: 'Aufträge' },
  icon: Hourglass,
  group: 'build',
  action: 'content:read',
  load: () => import('./page.tsx'),
};
