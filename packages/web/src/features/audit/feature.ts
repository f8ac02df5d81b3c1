import { ScrollText } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const audit: Feature = {
  path: '/audit',
  title: { en: 'Audit log', de: 'Protokoll' },
  icon: ScrollText,
  group: 'organization',
  action: 'audit:read',
  load: () => import('./page.tsx'),
};
