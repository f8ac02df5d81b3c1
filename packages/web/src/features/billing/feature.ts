import { CreditCard } from 'lucide-react';
import type { Feature } from '../../app/feature.ts';

export const billing: Feature = {
  path: '/billing',
  title: { en: 'Billing', de: 'Abrechnung' },
  icon: CreditCard,
  group: 'organization',
  action: 'billing:read',
  load: () => import('./page.tsx'),
};
