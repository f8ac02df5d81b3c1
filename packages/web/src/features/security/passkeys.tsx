import { useQuery } from '@tanstack/react-query';
import { auth } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { addPasskey, useHasPasskeys } from '../account/passkey.ts';
import { useForm } from '../account/use-form.ts';
import { texts } from './texts.ts';

interface Passkey {
  readonly id: string;
  readonly name?: string | null;
}

export function Passkeys() {
  const text = useTexts(texts);
  const tell = useToast();
  const hasPasskeys = useHasPasskeys();
  const passkeys = useQuery({
    queryKey: ['passkeys'],
    queryFn: () => auth<readonly Passkey[]>('/passkey/list-user-passkeys'),
  });
  const form = useForm({ name: '' }, async ({ name }) => {
    try {
      await addPasskey(name);
    } catch (error) {
      if (error instanceof Problem) throw error;
      tell(text.failed);
    }
    await passkeys.refetch();
  });
  const remove = async (id: string) => {
    await auth('/passkey/delete-passkey', { id }).catch((error: unknown) => tell(String(error)));
    await passkeys.refetch();
  };
  return (
    <Card title={text.passkeys}>
      <p>{text.passkeysBody}</p>
      {passkeys.error !== null ? <ErrorNote error={passkeys.error} /> : null}
      {passkeys.data?.length === 0 ? <p>{text.none}</p> : null}
      {passkeys.data?.map(({ id, name }) => (
        <div key={id} className="row">
          <span>{name ?? id}</span>
          <Button size="small" kind="danger" onClick={() => void remove(id)}>
            {text.remove}
          </Button>
        </div>
      ))}
      {hasPasskeys ? null : <p>{text.unsupported}</p>}
      <form onSubmit={form.onSubmit} className="row" hidden={!hasPasskeys}>
        <TextField label={text.passkeyName} required maxLength={80} {...form.field('name')} />
        <Button type="submit" isBusy={form.isBusy}>
          {text.add}
        </Button>
      </form>
      {form.error === null ? null : <ErrorNote error={form.error} />}
    </Card>
  );
}
