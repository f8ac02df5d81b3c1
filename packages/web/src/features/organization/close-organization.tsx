import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, chooseOrganization, done } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { texts } from './texts.ts';

/** Ends the organisation for good. Its name is typed, so that none is closed by mistake. */
export function CloseOrganization({ name }: { readonly name: string }) {
  const text = useTexts(texts);
  const [isAsking, setAsking] = useState(false);
  const [typed, setTyped] = useState('');
  const close = useMutation({
    mutationFn: () => done(api.POST('/account/v1/organization/close', { body: { name: typed } })),
    onSuccess: () => {
      chooseOrganization(null);
      window.location.assign('/console/');
    },
  });
  return (
    <Card title={text.close}>
      <p>{text.closeBody}</p>
      <div className="row">
        <Button kind="danger" onClick={() => setAsking(true)}>
          {text.close}
        </Button>
      </div>
      <Dialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={text.close}
        description={<p>{text.closeBody}</p>}
      >
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            close.mutate();
          }}
        >
          <TextField
            label={text.closeName(name)}
            autoComplete="off"
            required
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
          {close.error === null ? null : <ErrorNote error={close.error} />}
          <DialogActions>
            <Button onClick={() => setAsking(false)}>{text.cancel}</Button>
            <Button kind="danger" type="submit" isBusy={close.isPending}>
              {text.close}
            </Button>
          </DialogActions>
        </form>
      </Dialog>
    </Card>
  );
}
