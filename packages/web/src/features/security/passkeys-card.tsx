import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { authRequest } from '../../api/auth-request.ts';
import { useFormats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { notify } from '../../ui/toast-store.ts';
import { addPasskey, useHasPasskeys } from '../auth/passkey.ts';
import { AgainNote } from './again-note.tsx';
import { securityTexts } from './security-texts.ts';
import styles from './security.module.css';

interface Passkey {
  readonly id: string;
  readonly name?: string | null;
  readonly createdAt?: string | null;
}

const passkeysKey = ['auth', 'passkeys'];

function PasskeyList({
  passkeys,
  onRemove,
}: {
  readonly passkeys: readonly Passkey[];
  readonly onRemove: (passkey: Passkey) => void;
}) {
  const { passkeys: texts } = useTexts(securityTexts);
  const formats = useFormats();
  if (passkeys.length === 0) return <p>{texts.none}</p>;
  return (
    <ul className={styles.list}>
      {passkeys.map((passkey) => (
        <li key={passkey.id}>
          <span>
            <strong>{passkey.name ?? texts.unnamed}</strong>
            {typeof passkey.createdAt === 'string' && (
              <span className={styles.muted}> {texts.since(formats.date(passkey.createdAt))}</span>
            )}
          </span>
          <Button size="small" onClick={() => onRemove(passkey)}>
            {texts.remove}
          </Button>
        </li>
      ))}
    </ul>
  );
}

function AddPasskey() {
  const { passkeys: texts } = useTexts(securityTexts);
  const queryClient = useQueryClient();
  const hasPasskeys = useHasPasskeys();
  const [name, setName] = useState('');
  const add = useMutation({
    mutationFn: () => addPasskey(name.trim()),
    onSuccess: async () => {
      setName('');
      notify({ title: texts.added });
      await queryClient.invalidateQueries({ queryKey: passkeysKey });
    },
  });
  if (!hasPasskeys) return <p className={styles.muted}>{texts.unsupported}</p>;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!add.isPending) add.mutate();
      }}
    >
      <TextField
        label={texts.name}
        required
        maxLength={60}
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
      {add.error !== null && <AgainNote error={add.error} />}
      <Button type="submit" busy={add.isPending}>
        {texts.add}
      </Button>
    </form>
  );
}

export function PasskeysCard() {
  const { passkeys: texts } = useTexts(securityTexts);
  const queryClient = useQueryClient();
  const [removed, setRemoved] = useState<Passkey>();
  const { data, error } = useQuery({
    queryKey: passkeysKey,
    queryFn: ({ signal }) => authRequest<readonly Passkey[]>('/passkey/list-user-passkeys', undefined, signal),
  });
  return (
    <Card title={texts.title} description={texts.advice}>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Skeleton lines={1} />}
      {data !== undefined && <PasskeyList passkeys={data} onRemove={setRemoved} />}
      <AddPasskey />
      {removed !== undefined && (
        <ConfirmDialog
          open
          onOpenChange={() => setRemoved(undefined)}
          title={texts.removeTitle(removed.name ?? texts.unnamed)}
          description={texts.removeAdvice}
          confirmLabel={texts.remove}
          onConfirm={async () => {
            await authRequest('/passkey/delete-passkey', { id: removed.id });
            notify({ title: texts.removed });
            await queryClient.invalidateQueries({ queryKey: passkeysKey });
          }}
        />
      )}
    </Card>
  );
}
