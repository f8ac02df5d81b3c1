import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { useState } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { useToast } from '../../ui/toast.tsx';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { KeyDialog } from './key-dialog.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { texts } from './texts.ts';

type ApiKey = Schema<'ApiKey'>;

const dayAgainSeconds = 86_400;

function stateOf(key: ApiKey): 'active' | 'revoked' | 'expired' {
  if (key.revoked_at !== null) return 'revoked';
  return key.expires_at !== null && new Date(key.expires_at).getTime() <= Date.now() ? 'expired' : 'active';
}

function useColumns(act: (deed: 'edit' | 'rotate' | 'revoke', key: ApiKey) => void): Column<ApiKey>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  const mayChange = useMay()('keys:write');
  const columns: Column<ApiKey>[] = [
    {
      id: 'name',
      title: text.name,
      cell: (key) => (
        <Button kind="link" onClick={() => act('edit', key)}>
          <strong>{key.name}</strong>
        </Button>
      ),
    },
    { id: 'key', title: text.key, cell: ({ hint, mode }) => <code>{mode === 'test' ? `${hint} (test)` : hint}</code> },
    { id: 'version', title: text.version, cell: ({ pinned_version: version }) => version ?? text.notPinned },
    {
      id: 'used',
      title: text.lastUsed,
      cell: ({ last_used_at: at, last_used_address: address }) =>
        at === null ? text.never : text.from(formats.relative(at), address ?? '?'),
    },
    {
      id: 'state',
      title: text.state,
      cell: (key) => <Badge tone={stateOf(key) === 'active' ? 'good' : 'neutral'}>{text[stateOf(key)]}</Badge>,
    },
  ];
  if (!mayChange) return columns;
  const menu: Column<ApiKey> = {
    ...{ id: 'menu', title: text.actions, isAction: true },
    cell: (key) =>
      stateOf(key) !== 'active' ? null : (
        <Menu
          label={text.more(key.name)}
          trigger={
            <Button kind="quiet" size="small" aria-label={text.more(key.name)} icon={<Ellipsis aria-hidden="true" />} />
          }
          items={[
            { id: 'edit', label: text.details, onSelect: () => act('edit', key) },
            { id: 'rotate', label: text.rotate, onSelect: () => act('rotate', key) },
            { id: 'revoke', label: text.revoke, isDanger: true, onSelect: () => act('revoke', key) },
          ]}
        />
      ),
  };
  return [...columns, menu];
}

export function Page() {
  const text = useTexts(texts);
  const may = useMay();
  const tell = useToast();
  const queries = useQueryClient();
  const [isCreating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [chosen, setChosen] = useState<{ readonly deed: 'edit' | 'rotate' | 'revoke'; readonly key: ApiKey } | null>(
    null,
  );
  const keys = useQuery({
    queryKey: ['keys'],
    queryFn: () => done(api.GET('/account/v1/keys', { params: { query: { limit: 200 } } })),
  });
  const columns = useColumns((deed, key) => setChosen({ deed, key }));
  const changed = () => void queries.invalidateQueries({ queryKey: ['keys'] });
  const close = () => setChosen(null);
  const revoke = async (id: string) => {
    await done(api.DELETE('/account/v1/keys/{id}', { params: { path: { id } } }));
    tell(text.revokedDone);
    changed();
  };
  const rotate = async (id: string) => {
    const body = { overlap_seconds: dayAgainSeconds };
    const created = await done(api.POST('/account/v1/keys/{id}/rotate', { params: { path: { id } }, body }));
    setSecret(created.key);
    changed();
  };
  const create = may('keys:write') ? (
    <Button kind="primary" icon={<Plus aria-hidden="true" />} onClick={() => setCreating(true)}>
      {text.create}
    </Button>
  ) : undefined;
  return (
    <>
      <PageHeader title={text.title} action={create}>
        {text.intro}
      </PageHeader>
      {keys.error !== null ? <ErrorState error={keys.error} onRetry={() => void keys.refetch()} /> : null}
      {keys.isPending ? <Skeleton label={text.loading} lines={5} /> : null}
      {keys.data === undefined ? null : keys.data.data.length === 0 ? (
        <EmptyState title={text.emptyTitle} action={create}>
          <p>{text.empty}</p>
        </EmptyState>
      ) : (
        <Table caption={text.title} columns={columns} rows={keys.data.data} rowId={({ id }) => id} />
      )}
      {isCreating ? (
        <CreateKeyDialog
          onClose={() => setCreating(false)}
          onCreated={(value) => {
            setCreating(false);
            setSecret(value);
            changed();
          }}
        />
      ) : null}
      {secret === null ? null : <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
      {chosen?.deed === 'edit' ? (
        <KeyDialog
          apiKey={keys.data?.data.find(({ id }) => id === chosen.key.id) ?? chosen.key}
          isActive={stateOf(chosen.key) === 'active'}
          onClose={close}
          onChanged={changed}
        />
      ) : null}
      <ConfirmDialog
        isOpen={chosen !== null && chosen.deed !== 'edit'}
        onClose={close}
        title={chosen?.deed === 'rotate' ? text.rotate : text.revokeTitle}
        confirm={chosen?.deed === 'rotate' ? text.rotate : text.revoke}
        onConfirm={() =>
          chosen === null ? Promise.resolve() : chosen.deed === 'rotate' ? rotate(chosen.key.id) : revoke(chosen.key.id)
        }
      >
        <p>{chosen?.deed === 'rotate' ? text.rotateBody : text.revokeBody(chosen?.key.name ?? '')}</p>
      </ConfirmDialog>
    </>
  );
}
