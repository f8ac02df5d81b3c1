import { Settings } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const organization: Feature = {
  path: '/organization',
  title: { en: 'Settings', de: 'Einstellungen' },
  icon: Settings,
  group: 'organization',
  action: 'settings:read',
  load: () => import('./page.tsx'),
};
