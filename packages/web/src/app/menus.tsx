import { Building2, ChevronsUpDown, Languages, LogOut, Moon, Sun, User } from 'lucide-react';
import { defineTexts, useLanguage, useTexts } from '../i18n/language.tsx';
import { Button } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { signOut, useMe, useSwitchOrganization } from './session.ts';
import { useTheme } from './theme.tsx';
import styles from './menus.module.css';

const texts = defineTexts(
  {
    organizations: 'Organisations',
    you: 'Your account',
    light: 'Light',
    dark: 'Dark',
    language: 'Deutsch',
    signOut: 'Sign out',
    everywhere: 'Sign out everywhere',
  },
  {
    organizations: 'Organisationen',
    you: 'Ihr Konto',
    light: 'Hell',
    dark: 'Dunkel',
    language: 'English',
    signOut: 'Abmelden',
    everywhere: 'Überall abmelden',
  },
);

export function OrganizationMenu() {
  const text = useTexts(texts);
  const me = useMe();
  const choose = useSwitchOrganization();
  const current = me.organizations.find(({ id }) => id === me.organization);
  return (
    <Menu
      label={text.organizations}
      trigger={
        <Button kind="quiet" className={styles['organization']}>
          <span className={styles['name']}>{current?.name ?? ''}</span>
          <ChevronsUpDown aria-hidden="true" />
        </Button>
      }
      items={me.organizations.map(({ id, name }) => ({
        id,
        label: name,
        icon: <Building2 aria-hidden="true" />,
        isChosen: id === me.organization,
        onSelect: () => choose(id),
      }))}
    />
  );
}

export function PersonMenu() {
  const text = useTexts(texts);
  const { user } = useMe();
  const { language, setLanguage } = useLanguage();
  const { setTheme } = useTheme();
  const isDark = document.documentElement.dataset['theme'] === 'dark';
  return (
    <Menu
      label={text.you}
      trigger={
        <Button kind="quiet" icon={<User aria-hidden="true" />}>
          <span className="visually-hidden">{text.you}:</span>
          <span className={styles['person']}>{user.name === '' ? user.email : user.name}</span>
        </Button>
      }
      items={[
        {
          id: 'theme',
          label: isDark ? text.light : text.dark,
          icon: isDark ? <Sun aria-hidden="true" /> : <Moon aria-hidden="true" />,
          onSelect: () => setTheme(isDark ? 'light' : 'dark'),
        },
        {
          id: 'language',
          label: text.language,
          icon: <Languages aria-hidden="true" />,
          onSelect: () => setLanguage(language === 'de' ? 'en' : 'de'),
        },
        { id: 'out', label: text.signOut, icon: <LogOut aria-hidden="true" />, onSelect: () => void signOut(false) },
        {
          id: 'everywhere',
          label: text.everywhere,
          icon: <LogOut aria-hidden="true" />,
          onSelect: () => void signOut(true),
        },
      ]}
    />
  );
}
