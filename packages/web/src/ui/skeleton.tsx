import { commonTexts } from '../i18n/common-texts.ts';
import { useTexts } from '../i18n/texts.ts';
import styles from './skeleton.module.css';

/** Grey bars where text will be. */
export function Skeleton({ lines = 3 }: { readonly lines?: number }) {
  const texts = useTexts(commonTexts);
  return (
    <div className={styles.skeleton} role="status" aria-label={texts.loading}>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} className={styles.bar} aria-hidden="true" />
      ))}
    </div>
  );
}
