import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { defineTexts, useLanguage, useTexts } from '../i18n/language.tsx';
import { Modal } from '../ui/dialog.tsx';
import { useOwnFeatures } from './own-features.ts';
import { useMe, useSwitchOrganization } from './session.ts';
import styles from './palette.module.css';

const texts = defineTexts(
  {
    title: 'Go to',
    hint: 'Type a page or an organisation',
    nothing: 'Nothing by that name.',
    pages: 'Pages',
    organizations: 'Organisations',
    documentation: 'Documentation',
  },
  {
    title: 'Gehe zu',
    hint: 'Seite oder Organisation eingeben',
    nothing: 'Nichts mit diesem Namen.',
    pages: 'Seiten',
    organizations: 'Organisationen',
    documentation: 'Dokumentation',
  },
);

/** All pages by keyboard. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const text = useTexts(texts);
  const { language } = useLanguage();
  const navigate = useNavigate();
  const me = useMe();
  const choose = useSwitchOrganization();
  const go = (path: string) => {
    onClose();
    void navigate({ to: path });
  };
  const others = me.organizations.filter(({ id }) => id !== me.organization);
  return (
    <Modal label={text.title} className={styles['content']} onClose={onClose}>
      <Command label={text.title}>
        <Command.Input className={styles['input']} placeholder={text.hint} autoFocus />
        <Command.List className={styles['list']}>
          <Command.Empty className={styles['empty']}>{text.nothing}</Command.Empty>
          <Command.Group heading={text.pages}>
            {useOwnFeatures().map(({ path, title, icon: Icon }) => (
              <Command.Item key={path} value={`${title.en} ${title.de}`} onSelect={() => go(path)}>
                <Icon aria-hidden="true" /> {title[language]}
              </Command.Item>
            ))}
            <Command.Item value="documentation dokumentation" onSelect={() => window.location.assign('/developers')}>
              {text.documentation}
            </Command.Item>
          </Command.Group>
          {others.length === 0 ? null : (
            <Command.Group heading={text.organizations}>
              {others.map(({ id, name }) => (
                <Command.Item key={id} value={`${name} ${id}`} onSelect={() => choose(id)}>
                  {name}
                </Command.Item>
              ))}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </Modal>
  );
}
