import { MessagesSquare } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const playground: Feature = {
  path: '/playground',
  title: { en: 'Playground', de: 'Ausprobieren' },
  icon: MessagesSquare,
  group: 'build',
  action: 'keys:write',
  load: () => import('./page.tsx'),
};
