import { ListTree } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const requests: Feature = {
  path: '/requests',
  title: { en: 'Requests', de: 'Anfragen' },
  icon: ListTree,
  group: 'build',
  action: 'usage:read',
  load: () => import('./page.tsx'),
};
