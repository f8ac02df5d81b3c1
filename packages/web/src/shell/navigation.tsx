import { Link } from '@tanstack/react-router';
import { useMay } from '../api/account.ts';
import { sections } from '../features/feature.ts';
import { features } from '../features/registry.ts';
import { useLocalize, useTexts } from '../i18n/texts.ts';
import { shellTexts } from './shell-texts.ts';
import styles from './navigation.module.css';

/** The pages that the person may open, by section. */
export function Navigation({ onNavigate }: { readonly onNavigate?: () => void }) {
  const texts = useTexts(shellTexts);
  const localize = useLocalize();
  const may = useMay();
  return (
    <nav className={styles.navigation} aria-label={texts.mainNavigation}>
      {sections.map(({ id, label }) => {
        const pages = features.filter(({ section, action }) => section === id && may(action));
        if (pages.length === 0) return null;
        return (
          <div key={id}>
            {label !== undefined && <p className={styles.heading}>{localize(label)}</p>}
            <ul className={styles.list}>
              {pages.map(({ path, label: name, icon: Icon }) => (
                <li key={path}>
                  <Link
                    to={path}
                    className={styles.link}
                    activeOptions={{ exact: path === '/', includeSearch: false }}
                    {...(onNavigate === undefined ? {} : { onClick: onNavigate })}
                  >
                    <Icon aria-hidden="true" />
                    {localize(name)}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
