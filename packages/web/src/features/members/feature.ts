import { Users } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const members: Feature = {
  path: '/members',
  title: { en: 'Members', de: 'Mitglieder' },
  icon: Users,
  group: 'organization',
  action: 'members:read',
  load: () => import('./page.tsx'),
};
