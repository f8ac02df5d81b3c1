import { FileText } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const files: Feature = {
  path: '/files',
  title: { en: 'Files', de: 'Dateien' },
  icon: FileText,
  group: 'build',
  action: 'content:read',
  load: () => import('./page.tsx'),
};
