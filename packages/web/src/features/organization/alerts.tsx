import { useMutation, useQuery } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Checkbox, TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { texts } from './texts.ts';

function changeOf(form: FormData): Schema<'UpdateAlertSettingsRequest'> {
  const given = form.get('thresholds');
  const parts = (typeof given === 'string' ? given : '').split(',').filter((part) => part.trim() !== '');
  return { thresholds: parts.map(Number), mail: form.has('mail'), webhook: form.has('webhook') };
}

/** Who is told when limits fill. */
export function Alerts() {
  const text = useTexts(texts);
  const tell = useToast();
  const mayChange = useMay()('settings:write');
  const alerts = useQuery({ queryKey: ['alerts'], queryFn: () => done(api.GET('/account/v1/alerts')) });
  const save = useMutation({
    mutationFn: (body: Schema<'UpdateAlertSettingsRequest'>) => done(api.PATCH('/account/v1/alerts', { body })),
    onSuccess: () => tell(text.saved),
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(changeOf(new FormData(event.currentTarget)));
  };
  return (
    <Card title={text.alerts}>
      {alerts.error !== null ? <ErrorNote error={alerts.error} /> : null}
      {alerts.data === undefined ? (
        <Skeleton label={text.loading} />
      ) : (
        <form onSubmit={onSubmit}>
          <fieldset className="form plain" disabled={!mayChange}>
            <TextField
              name="thresholds"
              label={text.thresholds}
              hint={text.alertsBody}
              defaultValue={alerts.data.thresholds.join(', ')}
            />
            <Checkbox name="mail" label={text.mail} defaultChecked={alerts.data.mail} />
            <Checkbox name="webhook" label={text.webhook} defaultChecked={alerts.data.webhook} />
            {save.error === null ? null : <ErrorNote error={save.error} />}
            <div className="row">
              <Button type="submit" isBusy={save.isPending}>
                {text.save}
              </Button>
            </div>
          </fieldset>
        </form>
      )}
    </Card>
  );
}
