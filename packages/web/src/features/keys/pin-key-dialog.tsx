import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsoleConfig } from '../../api/console-config.ts';
import { commonTexts } from '../../i18n/common-texts.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { SelectField } from '../../ui/field.tsx';
import { notify } from '../../ui/toast-store.ts';
import { keysKey, pinKey, type ApiKey } from './keys.ts';
import { keysTexts } from './keys-texts.ts';

/** Chooses the API version that a key speaks. */
export function PinKeyDialog({ apiKey, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  const { pinDialog: texts } = useTexts(keysTexts);
  const common = useTexts(commonTexts);
  const { api_versions: all } = useConsoleConfig();
  const queryClient = useQueryClient();
  const versions = all.filter(({ phase }) => phase !== 'retired').toReversed();
  const [version, setVersion] = useState(apiKey.pinned_version ?? versions[0]?.name ?? '');
  const pin = useMutation({
    mutationFn: () => pinKey(apiKey.id, version),
    onSuccess: async () => {
      onClose();
      notify({ title: texts.done(apiKey.name, version) });
      await queryClient.invalidateQueries({ queryKey: keysKey });
    },
  });
  const phaseOf = (phase: string) => Object.entries(texts.phases).find(([name]) => name === phase)?.[1] ?? phase;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={texts.title(apiKey.name)}
      description={texts.advice}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind="primary" busy={pin.isPending} onClick={() => pin.mutate()}>
            {common.save}
          </Button>
        </>
      }
    >
      <SelectField label={texts.label} value={version} onChange={({ target }) => setVersion(target.value)}>
        {versions.map(({ name, phase }) => (
          <option key={name} value={name}>
            {`${name} (${phaseOf(phase)})`}
          </option>
        ))}
      </SelectField>
      {pin.error !== null && <ErrorNote error={pin.error} />}
    </Dialog>
  );
}
