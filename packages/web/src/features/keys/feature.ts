import { KeyRound } from 'lucide-react';
import type { Feature } from '../feature.ts';

export const feature: Feature = {
  path: '/keys',
  label: { en: 'API keys', de: 'API-Schlüssel' },
  icon: KeyRound,
  section: 'build',
  order: 10,
  action: 'keys:read',
  keywords: 'secret token rotate revoke create key geheimnis widerrufen',
  load: () => import('./keys-page.tsx'),
};
