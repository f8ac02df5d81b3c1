import { Landmark } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const staffTenants: Feature = {
  path: '/staff/tenants',
  title: { en: 'Tenants', de: 'Kunden' },
  icon: Landmark,
  group: 'staff',
  load: () => import('./page.tsx'),
};
