import { Building2, ChevronsUpDown } from 'lucide-react';
import { useAccount, useOrganization } from '../api/account.ts';
import { useTexts } from '../i18n/texts.ts';
import { createLazyMenu } from '../ui/lazy-menu.tsx';
import { shellTexts } from './shell-texts.ts';
import styles from './organization-switcher.module.css';

const LazyList = createLazyMenu(async () => (await import('./organization-list.tsx')).OrganizationList);

/** Which organisation the page is about, and the way to another. */
export function OrganizationSwitcher() {
  const texts = useTexts(shellTexts);
  const { organizations } = useAccount();
  const { name, role } = useOrganization();
  const face = (
    <>
      <Building2 aria-hidden="true" />
      <span className={styles.words}>
        <span className={styles.name}>{name}</span>
        <span className={styles.role}>{texts.roles[role]}</span>
      </span>
    </>
  );
  if (organizations.length < 2) return <div className={styles.face}>{face}</div>;
  return (
    <LazyList
      trigger={
        <button type="button" className={styles.face} aria-label={`${texts.switchOrganization}: ${name}`}>
          {face}
          <ChevronsUpDown aria-hidden="true" />
        </button>
      }
    />
  );
}
