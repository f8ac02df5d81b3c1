import { useMutation } from '@tanstack/react-query';
import { auth } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useForm } from '../account/use-form.ts';
import { texts } from './texts.ts';

async function download(): Promise<void> {
  const response = await fetch('/account/v1/export');
  if (!response.ok) throw new Error(`HTTP ${String(response.status)}`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = 'my-data.json';
  link.click();
  URL.revokeObjectURL(link.href);
}

/** All that is kept about the person (GDPR, Art. 15 and 20). */
export function ExportData() {
  const text = useTexts(texts);
  const run = useMutation({ mutationFn: download });
  return (
    <Card title={text.data}>
      <p>{text.exportBody}</p>
      {run.error === null ? null : <ErrorNote error={run.error} />}
      <div className="row">
        <Button isBusy={run.isPending} onClick={() => run.mutate()}>
          {text.export}
        </Button>
      </div>
    </Card>
  );
}

export function DeleteAccount() {
  const text = useTexts(texts);
  const tell = useToast();
  const form = useForm({ password: '' }, async ({ password }) => {
    await auth('/delete-user', { password, callbackURL: '/console/sign-in?deleted=1' });
    tell(text.deletionSent);
  });
  return (
    <Card title={text.deletion}>
      <p>{text.deletionBody}</p>
      <form onSubmit={form.onSubmit} className="form">
        <TextField
          label={text.current}
          type="password"
          required
          autoComplete="current-password"
          {...form.field('password')}
        />
        {form.error === null ? null : <ErrorNote error={form.error} />}
        <Button kind="danger" type="submit" isBusy={form.isBusy}>
          {text.delete}
        </Button>
      </form>
    </Card>
  );
}
