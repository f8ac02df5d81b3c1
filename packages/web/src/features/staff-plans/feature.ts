import { Gauge } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const staffPlans: Feature = {
  path: '/staff/plans',
  title: { en: 'Plans', de: 'Tarife' },
  icon: Gauge,
  group: 'staff',
  load: () => import('./page.tsx'),
};
