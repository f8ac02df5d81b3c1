import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { commonTexts } from '../../i18n/common-texts.ts';
import { useFormats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { SelectField } from '../../ui/field.tsx';
import { keysKey, rotateKey, type ApiKey, type CreatedKey } from './keys.ts';
import { keysTexts } from './keys-texts.ts';

/** Gives a key a new secret. */
export function RotateKeyDialog({
  apiKey,
  onClose,
  onRotated,
}: {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
  /** With what is to be said about the old secret. */
  readonly onRotated: (created: CreatedKey, note: string) => void;
}) {
  const { rotateDialog: texts, secret } = useTexts(keysTexts);
  const common = useTexts(commonTexts);
  const formats = useFormats();
  const queryClient = useQueryClient();
  const [overlap, setOverlap] = useState(86_400);
  const rotate = useMutation({
    mutationFn: () => rotateKey(apiKey.id, overlap),
    onSuccess: async (created) => {
      onClose();
      const until = formats.dateTime(Date.now() + overlap * 1_000);
      onRotated(created, overlap === 0 ? secret.oldEnded : secret.old(until));
      await queryClient.invalidateQueries({ queryKey: keysKey });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={texts.title(apiKey.name)}
      description={texts.advice}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind="primary" busy={rotate.isPending} onClick={() => rotate.mutate()}>
            {texts.submit}
          </Button>
        </>
      }
    >
      <SelectField label={texts.overlap} value={overlap} onChange={({ target }) => setOverlap(Number(target.value))}>
        <option value={0}>{texts.now}</option>
        <option value={3_600}>{texts.hour}</option>
        <option value={86_400}>{texts.day}</option>
        <option value={604_800}>{texts.week}</option>
      </SelectField>
      {rotate.error !== null && <ErrorNote error={rotate.error} />}
    </Dialog>
  );
}
