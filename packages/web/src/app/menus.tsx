import { ChevronsUpDown, User } from 'lucide-react';
import { useTexts } from '../i18n/language.tsx';
import { Button } from '../ui/button.tsx';
import { createLazyMenu } from '../ui/lazy-menu.tsx';
import { menuTexts } from './menu-texts.ts';
import { useMe } from './session.ts';
import styles from './menus.module.css';

const OrganizationItems = createLazyMenu(async () => (await import('./organization-items.tsx')).OrganizationItems);
const PersonItems = createLazyMenu(async () => (await import('./person-items.tsx')).PersonItems);

export function OrganizationMenu() {
  const me = useMe();
  const current = me.organizations.find(({ id }) => id === me.organization);
  return (
    <OrganizationItems
      trigger={
        <Button kind="quiet" className={styles['organization']}>
          <span className={styles['name']}>{current?.name ?? ''}</span>
          <ChevronsUpDown aria-hidden="true" />
        </Button>
      }
    />
  );
}

export function PersonMenu() {
  const text = useTexts(menuTexts);
  const { user } = useMe();
  return (
    <PersonItems
      trigger={
        <Button kind="quiet" icon={<User aria-hidden="true" />}>
          <span className="visually-hidden">{text.you}:</span>
          <span className={styles['person']}>{user.name === '' ? user.email : user.name}</span>
        </Button>
      }
    />
  );
}
