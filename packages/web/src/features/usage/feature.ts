import { ChartColumn } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const usage: Feature = {
  path: '/usage',
  title: { en: 'Usage', de: 'Verbrauch' },
  icon: ChartColumn,
  group: 'build',
  action: 'usage:read',
  load: () => import('./page.tsx'),
};
