import { useSettings } from './settings.ts';
import styles from './brand.module.css';

/** The sign and the name of the vendor, leading to the start page. */
export function Brand({ href }: { readonly href: string }) {
  const { brand } = useSettings();
  return (
    <a href={href} className={styles['brand']}>
      <img src="/assets/favicon.svg" alt="" width="26" height="26" />
      <span>{brand.name}</span>
    </a>
  );
}
