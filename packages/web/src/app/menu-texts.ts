import { defineTexts } from '../i18n/language.tsx';

export const menuTexts = defineTexts(
  {
    organizations: 'Organisations',
    you: 'Your account',
    light: 'Light',
    dark: 'Dark',
    system: 'Light or dark as the system',
    language: 'Deutsch',
    signOut: 'Sign out',
    everywhere: 'Sign out everywhere',
  },
  {
    organizations: 'Organisationen',
    you: 'Ihr Konto',
    light: 'Hell',
    dark: 'Dunkel',
    system: 'Hell oder dunkel wie das System',
    language: 'English',
    signOut: 'Abmelden',
    everywhere: 'Überall abmelden',
  },
);
