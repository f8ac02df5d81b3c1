import { Webhook } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const webhooks: Feature = {
  path: '/webhooks',
  title: { en: 'Webhooks', de: 'Webhooks' },
  icon: Webhook,
  group: 'build',
  action: 'webhooks:read',
  load: () => import('./page.tsx'),
};
