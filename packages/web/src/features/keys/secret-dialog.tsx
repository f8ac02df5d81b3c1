import { useConsoleConfig } from '../../api/console-config.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { curlOf, modelToTry } from './first-call.ts';
import type { CreatedKey } from './keys.ts';
import { keysTexts } from './keys-texts.ts';

/** Shows a new secret, this once; neither a click beside it nor Escape loses it. @param note about the old secret */
export function SecretDialog({
  created,
  note,
  onClose,
}: {
  readonly created: CreatedKey;
  readonly note?: string;
  readonly onClose: () => void;
}) {
  const { secret: texts } = useTexts(keysTexts);
  const config = useConsoleConfig();
  return (
    <Dialog
      open
      stays
      size="wide"
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={texts.title}
      description={texts.advice}
      footer={
        <Button kind="primary" onClick={onClose}>
          {texts.done}
        </Button>
      }
    >
      <CodeBlock label={texts.label} code={created.key} wraps />
      {note !== undefined && <p>{note}</p>}
      <CodeBlock label={texts.try} code={curlOf(config, created.key, modelToTry(config, created.models))} />
    </Dialog>
  );
}
