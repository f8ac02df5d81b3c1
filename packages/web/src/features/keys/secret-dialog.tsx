import { useSettings } from '../../app/settings.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { curlOf } from './first-call.ts';
import { texts } from './texts.ts';

/** A new secret, once. */
export function SecretDialog({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  const text = useTexts(texts);
  const settings = useSettings();
  return (
    <Dialog isOpen stays onClose={onClose} title={text.secretTitle} description={text.secretHint}>
      <CodeBlock code={secret} label={text.key} />
      <CodeBlock code={curlOf(settings, secret)} label={text.tryIt} />
      <DialogActions>
        <Button kind="primary" onClick={onClose}>
          {text.close}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
