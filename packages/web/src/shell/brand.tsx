import { Link } from '@tanstack/react-router';
import { useConsoleConfig } from '../api/console-config.ts';
import styles from './brand.module.css';

/** The name of the vendor, and the way to the start page. */
export function Brand() {
  const { brand } = useConsoleConfig();
  return (
    <Link to="/" className={styles.brand}>
      <img src="/assets/favicon.svg" alt="" width="26" height="26" />
      <span>{brand.name}</span>
    </Link>
  );
}
