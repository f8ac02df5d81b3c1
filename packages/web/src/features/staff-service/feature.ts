import { Server } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const staffService: Feature = {
  path: '/staff/service',
  title: { en: 'Service', de: 'Dienst' },
  icon: Server,
  group: 'staff',
  load: () => import('./page.tsx'),
};
