import { KeyRound } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const keys: Feature = {
  path: '/keys',
  title: { en: 'API keys', de: 'API-Schlüssel' },
  icon: KeyRound,
  group: 'build',
  action: 'keys:read',
  load: () => import('./page.tsx'),
};
