import { chooseLanguage, useLanguage } from '../i18n/language.ts';
import { useTexts } from '../i18n/texts.ts';
import { chooseTheme, useTheme } from '../styles/theme.ts';
import type { LazyMenuProps } from '../ui/lazy-menu.tsx';
import { Menu, MenuChoices, MenuSeparator } from '../ui/menu.tsx';
import { shellTexts } from './shell-texts.ts';

export function PreferencesList({ trigger, defaultOpen }: LazyMenuProps) {
  const texts = useTexts(shellTexts);
  const language = useLanguage();
  const theme = useTheme();
  return (
    <Menu trigger={trigger} defaultOpen={defaultOpen}>
      <MenuChoices
        label={texts.theme}
        value={theme}
        choices={[
          { value: 'system', label: texts.themes.system },
          { value: 'light', label: texts.themes.light },
          { value: 'dark', label: texts.themes.dark },
        ]}
        onChoose={chooseTheme}
      />
      <MenuSeparator />
      <MenuChoices
        label={texts.language}
        value={language}
        choices={[
          { value: 'en', label: <span lang="en">English</span> },
          { value: 'de', label: <span lang="de">Deutsch</span> },
        ]}
        onChoose={chooseLanguage}
      />
    </Menu>
  );
}
