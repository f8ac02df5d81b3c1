import type { Schema } from '../api/client.ts';
import { defineTexts } from '../i18n/language.tsx';

export type Role = Schema<'Member'>['role'];
export const roles: readonly Role[] = ['owner', 'admin', 'developer', 'billing', 'viewer'];

export const roleNames = defineTexts(
  { owner: 'Owner', admin: 'Admin', developer: 'Developer', billing: 'Billing', viewer: 'Viewer' },
  { owner: 'Inhaber', admin: 'Admin', developer: 'Entwickler', billing: 'Abrechnung', viewer: 'Lesend' },
);

/** What somebody in a role may do, in a line. The server decides: accounts/roles.ts. */
export const roleDuties = defineTexts(
  {
    owner: 'May do everything, also make owners and close the organisation.',
    admin: 'May do everything but make owners and close the organisation.',
    developer: 'Makes keys, jobs, files and webhooks, and reads requests. No billing, no members.',
    billing: 'Looks after plan, payment and invoices, and sees the usage.',
    viewer: 'Looks at usage, keys and webhooks, and changes nothing.',
  },
  {
    owner: 'Darf alles, auch Inhaber ernennen und die Organisation schließen.',
    admin: 'Darf alles, nur nicht Inhaber ernennen und die Organisation schließen.',
    developer:
      'Legt Schlüssel, Aufträge, Dateien und Webhooks an und liest Anfragen. Keine Abrechnung, keine Mitglieder.',
    billing: 'Kümmert sich um Tarif, Zahlung und Rechnungen und sieht den Verbrauch.',
    viewer: 'Sieht Verbrauch, Schlüssel und Webhooks und ändert nichts.',
  },
);
