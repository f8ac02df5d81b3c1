import { CopyButton } from './copy-button.tsx';
import styles from './code-block.module.css';

/** Code or a secret, with the button that copies it. `label` names the language or what it is. */
export function CodeBlock({
  code,
  label,
  wraps = false,
}: {
  readonly code: string;
  readonly label: string;
  readonly wraps?: boolean;
}) {
  return (
    <figure className={styles.block}>
      <figcaption className={styles.caption}>
        <span>{label}</span>
        <CopyButton text={code} kind="quiet" />
      </figcaption>
      <pre className={styles.code} data-wraps={wraps || undefined} tabIndex={0}>
        <code>{code}</code>
      </pre>
    </figure>
  );
}
