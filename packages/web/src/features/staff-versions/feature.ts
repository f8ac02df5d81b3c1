import { CalendarClock } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const staffVersions: Feature = {
  path: '/staff/versions',
  title: { en: 'Deprecations', de: 'Abkündigungen' },
  icon: CalendarClock,
  group: 'staff',
  load: () => import('./page.tsx'),
};
