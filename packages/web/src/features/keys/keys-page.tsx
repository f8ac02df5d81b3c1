import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { KeyRound, Plus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useMay } from '../../api/account.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { CheckboxField } from '../../ui/field.tsx';
import { Page as Frame } from '../../ui/page.tsx';
import { Pagination, useCursor } from '../../ui/pagination.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { notify } from '../../ui/toast-store.ts';
import { useNow } from '../../ui/use-now.ts';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { isUsable, keysKey, keysQuery, revokeKey, type ApiKey, type CreatedKey } from './keys.ts';
import { KeysTable, type KeyActions } from './keys-table.tsx';
import { keysTexts } from './keys-texts.ts';
import { PinKeyDialog } from './pin-key-dialog.tsx';
import { RotateKeyDialog } from './rotate-key-dialog.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import styles from './keys.module.css';

/** What is open above the list. */
type Opened =
  | { readonly kind: 'create' }
  | { readonly kind: 'rotate' | 'pin' | 'revoke'; readonly key: ApiKey }
  | { readonly kind: 'secret'; readonly created: CreatedKey; readonly note?: string };

function Opened({
  opened,
  open,
}: {
  readonly opened: Opened | undefined;
  readonly open: (next: Opened | undefined) => void;
}) {
  const texts = useTexts(keysTexts);
  const queryClient = useQueryClient();
  const close = () => open(undefined);
  switch (opened?.kind) {
    case 'create':
      return <CreateKeyDialog open onOpenChange={close} onCreated={(created) => open({ kind: 'secret', created })} />;
    case 'secret':
      return (
        <SecretDialog
          created={opened.created}
          onClose={close}
          {...(opened.note === undefined ? {} : { note: opened.note })}
        />
      );
    case 'rotate':
      return (
        <RotateKeyDialog
          apiKey={opened.key}
          onClose={close}
          onRotated={(created, note) => open({ kind: 'secret', created, note })}
        />
      );
    case 'pin':
      return <PinKeyDialog apiKey={opened.key} onClose={close} />;
    case 'revoke':
      return (
        <ConfirmDialog
          open
          onOpenChange={close}
          title={texts.revokeDialog.title(opened.key.name)}
          description={texts.revokeDialog.advice}
          confirmLabel={texts.revokeDialog.submit}
          onConfirm={async () => {
            await revokeKey(opened.key.id);
            notify({ title: texts.revokeDialog.done(opened.key.name) });
            await queryClient.invalidateQueries({ queryKey: keysKey });
          }}
        />
      );
    case undefined:
      return null;
  }
}

function NoKeys({ onCreate }: { readonly onCreate: () => void }) {
  const texts = useTexts(keysTexts);
  const mayWrite = useMay()('keys:write');
  return (
    <EmptyState
      icon={<KeyRound />}
      title={texts.empty.title}
      action={
        mayWrite && (
          <Button kind="primary" onClick={onCreate}>
            {texts.create}
          </Button>
        )
      }
    >
      <p>{texts.empty.advice}</p>
      {!mayWrite && <p>{texts.empty.readOnly}</p>}
    </EmptyState>
  );
}

function KeyList({ onCreate, ...actions }: { readonly onCreate: () => void } & KeyActions) {
  const texts = useTexts(keysTexts);
  const cursor = useCursor();
  const now = useNow();
  const [showsOld, setShowsOld] = useState(false);
  const { data, error, refetch } = useQuery(keysQuery(cursor.after));
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton lines={5} />;
  const usable = data.data.filter((key) => isUsable(key, now));
  const hasOld = usable.length < data.data.length;
  const shown = showsOld ? data.data : usable;
  if (data.data.length === 0 && cursor.page === 1) return <NoKeys onCreate={onCreate} />;
  return (
    <>
      {hasOld && (
        <div className={styles.filter}>
          <CheckboxField
            label={texts.showRevoked}
            checked={showsOld}
            onChange={({ target }) => setShowsOld(target.checked)}
          />
        </div>
      )}
      {shown.length === 0 ? <p>{texts.onlyOld}</p> : <KeysTable keys={shown} {...actions} />}
      <Pagination cursor={cursor} pagination={data.pagination} />
    </>
  );
}

export function Page() {
  const texts = useTexts(keysTexts);
  const mayWrite = useMay()('keys:write');
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const navigate = useNavigate();
  const [opened, setOpened] = useState<Opened | undefined>(
    // The start page leads straight to the form.
    search['create'] === undefined || !mayWrite ? undefined : { kind: 'create' },
  );
  useEffect(() => {
    if (search['create'] !== undefined) void navigate({ to: '/keys', replace: true });
  }, [search, navigate]);
  const create = () => setOpened({ kind: 'create' });
  return (
    <Frame
      title={texts.title}
      description={texts.description}
      actions={
        mayWrite && (
          <Button kind="primary" icon={<Plus aria-hidden="true" />} onClick={create}>
            {texts.create}
          </Button>
        )
      }
    >
      <KeyList
        onCreate={create}
        onRotate={(key) => setOpened({ kind: 'rotate', key })}
        onPin={(key) => setOpened({ kind: 'pin', key })}
        onRevoke={(key) => setOpened({ kind: 'revoke', key })}
      />
      <Opened opened={opened} open={setOpened} />
    </Frame>
  );
}
