import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { defineTexts, useTexts } from '../i18n/language.tsx';
import { Button } from './button.tsx';
import styles from './copy.module.css';

const texts = defineTexts({ copy: 'Copy', copied: 'Copied' }, { copy: 'Kopieren', copied: 'Kopiert' });

/** Takes a text away. @param label what the button says */
export function CopyButton({ value, label }: { readonly value: string; readonly label?: string }) {
  const text = useTexts(texts);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <Button
      size="small"
      icon={isCopied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{isCopied ? text.copied : (label ?? text.copy)}</span>
    </Button>
  );
}

/** Text to take away: a command, a key. */
export function CodeBlock({ code, label }: { readonly code: string; readonly label?: string }) {
  return (
    <figure className={styles['block']}>
      <pre tabIndex={0} aria-label={label}>
        <code>{code}</code>
      </pre>
      <CopyButton value={code} />
    </figure>
  );
}
