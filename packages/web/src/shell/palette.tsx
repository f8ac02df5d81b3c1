import { Command } from 'cmdk';
import { useNavigate } from '@tanstack/react-router';
import { BookOpen, Building2, Languages, LogOut, Moon, Sun, SunMoon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useAccount, useMay } from '../api/account.ts';
import { useConsoleConfig } from '../api/console-config.ts';
import { features } from '../features/registry.ts';
import { chooseLanguage } from '../i18n/language.ts';
import { useLocalize, useTexts } from '../i18n/texts.ts';
import { chooseTheme } from '../styles/theme.ts';
import { Dialog } from '../ui/dialog.tsx';
import type { OpenProps } from '../ui/lazy-dialog.tsx';
import { useSessionActions } from './session-actions.ts';
import { shellTexts } from './shell-texts.ts';
import styles from './palette.module.css';

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly keywords?: readonly string[];
  readonly icon: ReactNode;
  readonly run: () => void;
}

function useEntries(): readonly { readonly heading: string; readonly entries: readonly Entry[] }[] {
  const texts = useTexts(shellTexts);
  const localize = useLocalize();
  const may = useMay();
  const navigate = useNavigate();
  const { links } = useConsoleConfig();
  const { organizations, organization } = useAccount();
  const { signOut, switchOrganization } = useSessionActions();
  const pages = features
    .filter(({ action }) => may(action))
    .map(({ path, label, keywords, icon: Icon }) => ({
      id: path,
      label: localize(label),
      // Both languages find it: many know the English words only.
      keywords: [label.en, label.de, ...(keywords ?? '').split(' ')],
      icon: <Icon />,
      run: () => void navigate({ to: path }),
    }));
  const others = organizations.filter(({ id }) => id !== organization);
  return [
    {
      heading: texts.palette.pages,
      entries: [
        ...pages,
        {
          id: 'documentation',
          label: texts.documentation,
          icon: <BookOpen />,
          run: () => location.assign(links.documentation),
        },
      ],
    },
    {
      heading: texts.palette.organizations,
      entries: others.map(({ id, name }) => ({
        id,
        label: name,
        icon: <Building2 />,
        run: () => void switchOrganization(id),
      })),
    },
    {
      heading: texts.palette.appearance,
      entries: [
        { id: 'light', label: texts.themes.light, icon: <Sun />, run: () => chooseTheme('light') },
        { id: 'dark', label: texts.themes.dark, icon: <Moon />, run: () => chooseTheme('dark') },
        { id: 'system', label: texts.themes.system, icon: <SunMoon />, run: () => chooseTheme('system') },
        { id: 'en', label: 'English', icon: <Languages />, run: () => chooseLanguage('en') },
        { id: 'de', label: 'Deutsch', icon: <Languages />, run: () => chooseLanguage('de') },
      ],
    },
    {
      heading: texts.palette.account,
      entries: [{ id: 'sign-out', label: texts.signOut, icon: <LogOut />, run: () => void signOut() }],
    },
  ].filter(({ entries }) => entries.length > 0);
}

/** Every page and what can be done anywhere, by typing. */
export function Palette({ open, onOpenChange }: OpenProps) {
  const texts = useTexts(shellTexts);
  const groups = useEntries();
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={texts.palette.title}>
      <Command className={styles.palette} label={texts.palette.title}>
        <Command.Input className={styles.input} placeholder={texts.palette.placeholder} autoFocus />
        <Command.List className={styles.list}>
          <Command.Empty className={styles.none}>{texts.palette.none}</Command.Empty>
          {groups.map(({ heading, entries }) => (
            <Command.Group key={heading} heading={heading} className={styles.group}>
              {entries.map(({ id, label, keywords = [], icon, run }) => (
                <Command.Item
                  key={id}
                  value={`${label} ${id}`}
                  keywords={[...keywords]}
                  className={styles.item}
                  onSelect={() => {
                    onOpenChange(false);
                    run();
                  }}
                >
                  {icon}
                  {label}
                </Command.Item>
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}
