import { Layers } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const batches: Feature = {
  path: '/batches',
  title: { en: 'Batches', de: 'Batches' },
  icon: Layers,
  group: 'build',
  action: 'content:read',
  load: () => import('./page.tsx'),
};
