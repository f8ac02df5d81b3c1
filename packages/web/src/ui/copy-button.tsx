import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { commonTexts } from '../i18n/common-texts.ts';
import { useTexts } from '../i18n/texts.ts';
import { Button, type ButtonProps } from './button.tsx';
import { notify } from './toast-store.ts';

/** Copies a text and says that it did. */
export function CopyButton({
  text,
  label,
  ...rest
}: { readonly text: string; readonly label?: string } & Omit<ButtonProps, 'onClick' | 'children'>) {
  const texts = useTexts(commonTexts);
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
    } catch {
      notify({ kind: 'bad', title: texts.copyFailed });
    }
  };
  return (
    <Button
      size="small"
      {...rest}
      icon={isCopied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{isCopied ? texts.copied : (label ?? texts.copy)}</span>
    </Button>
  );
}
