import { PlugZap } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const providerKeys: Feature = {
  path: '/provider-keys',
  title: { en: 'Provider keys', de: 'Anbieter-Schlüssel' },
  icon: PlugZap,
  group: 'build',
  action: 'provider_keys:read',
  load: () => import('./page.tsx'),
};
