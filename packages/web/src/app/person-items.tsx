import { Languages, LogOut, Moon, Sun, SunMoon } from 'lucide-react';
import { useLanguage, useTexts } from '../i18n/language.tsx';
import type { LazyMenuProps } from '../ui/lazy-menu.tsx';
import { Menu, type MenuItem } from '../ui/menu.tsx';
import { menuTexts } from './menu-texts.ts';
import { signOut } from './session.ts';
import { useTheme } from './theme.tsx';

export function PersonItems({ trigger, defaultOpen }: LazyMenuProps) {
  const text = useTexts(menuTexts);
  const { language, setLanguage } = useLanguage();
  const { theme, setTheme } = useTheme();
  const isDark = document.documentElement.dataset['theme'] === 'dark';
  const asSystem: MenuItem = {
    id: 'system',
    label: text.system,
    icon: <SunMoon aria-hidden="true" />,
    onSelect: () => setTheme('system'),
  };
  return (
    <Menu
      label={text.you}
      trigger={trigger}
      defaultOpen={defaultOpen}
      items={[
        {
          id: 'theme',
          label: isDark ? text.light : text.dark,
          icon: isDark ? <Sun aria-hidden="true" /> : <Moon aria-hidden="true" />,
          onSelect: () => setTheme(isDark ? 'light' : 'dark'),
        },
        ...(theme === 'system' ? [] : [asSystem]),
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
