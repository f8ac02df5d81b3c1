import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { useState, type SubmitEvent } from 'react';
import { Link } from '@tanstack/react-router';
import { api, done, type Schema } from '../../api/client.ts';
import { useOptimistic } from '../../api/optimistic.ts';
import { useMay } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote, ErrorState } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { useToast } from '../../ui/toast.tsx';
import { DeliveriesDialog } from './deliveries-dialog.tsx';
import { texts } from './texts.ts';

type Endpoint = Schema<'WebhookEndpoint'>;

function Add({ onAdded }: { readonly onAdded: (secret: string) => void }) {
  const text = useTexts(texts);
  const add = useMutation({
    mutationFn: (url: string) => done(api.POST('/account/v1/webhooks', { body: { url } })),
    onSuccess: ({ secret }) => onAdded(secret),
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const url = new FormData(event.currentTarget).get('url');
    if (typeof url === 'string') add.mutate(url);
  };
  return (
    <Card title={text.addTitle}>
      <form onSubmit={onSubmit} className="row">
        <TextField name="url" type="url" label={text.url} hint={text.urlHint} required placeholder="https://" />
        <Button kind="primary" type="submit" isBusy={add.isPending}>
          {text.add}
        </Button>
      </form>
      {add.error === null ? null : <ErrorNote error={add.error} />}
    </Card>
  );
}

type Deed = 'deliveries' | 'test' | 'toggle' | 'rotate' | 'remove';

function useColumns(act: (deed: Deed, endpoint: Endpoint) => void): Column<Endpoint>[] {
  const text = useTexts(texts);
  const formats = useFormats();
  const mayChange = useMay()('webhooks:write');
  return [
    { id: 'url', title: text.url, cell: ({ url }) => <code>{url}</code> },
    { id: 'events', title: text.events, cell: ({ event_types: types }) => types?.join(', ') ?? text.everything },
    {
      id: 'state',
      title: text.state,
      cell: ({ enabled, disabled_reason: reason }) => (
        <>
          <Badge tone={enabled ? 'good' : 'bad'}>{enabled ? text.enabled : text.disabled}</Badge>{' '}
          {reason === null ? null : text[reason]}
        </>
      ),
    },
    {
      id: 'last',
      title: text.last,
      cell: ({ last_success_at: at }) => (at === null ? text.never : formats.relative(at)),
    },
    {
      ...{ id: 'menu', title: text.actions, isAction: true },
      cell: (endpoint) => {
        const changes: readonly { readonly id: Deed; readonly label: string; readonly isDanger?: boolean }[] = [
          { id: 'test', label: text.test },
          { id: 'toggle', label: endpoint.enabled ? text.off : text.on },
          { id: 'rotate', label: text.rotate },
          { id: 'remove', label: text.remove, isDanger: true },
        ];
        const all = [{ id: 'deliveries' as const, label: text.deliveries }, ...(mayChange ? changes : [])];
        return (
          <Menu
            label={text.more(endpoint.url)}
            trigger={
              <Button
                kind="quiet"
                size="small"
                aria-label={text.more(endpoint.url)}
                icon={<Ellipsis aria-hidden="true" />}
              />
            }
            items={all.map((deed) => ({ ...deed, onSelect: () => act(deed.id, endpoint) }))}
          />
        );
      },
    },
  ];
}

/** Turns an endpoint on or off. */
function useToggle() {
  return useOptimistic<{ readonly data: readonly Endpoint[] }, Endpoint>({
    queryKey: ['webhooks'],
    mutationFn: ({ id, enabled }) =>
      done(api.PATCH('/account/v1/webhooks/{id}', { params: { path: { id } }, body: { enabled: !enabled } })),
    change: (before, { id }) => ({
      ...before,
      data: before.data.map((each) => (each.id === id ? { ...each, enabled: !each.enabled } : each)),
    }),
  });
}

export function Page() {
  const text = useTexts(texts);
  const tell = useToast();
  const may = useMay();
  const queries = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const [opened, setOpened] = useState<{ readonly deed: 'deliveries' | 'remove'; readonly endpoint: Endpoint } | null>(
    null,
  );
  const endpoints = useQuery({ queryKey: ['webhooks'], queryFn: () => done(api.GET('/account/v1/webhooks')) });
  const changed = () => void queries.invalidateQueries({ queryKey: ['webhooks'] });
  const act = useMutation({
    mutationFn: async ({ deed, endpoint }: { deed: Exclude<Deed, 'toggle'>; endpoint: Endpoint }) => {
      const params = { path: { id: endpoint.id } };
      if (deed === 'test') {
        await done(api.POST('/account/v1/webhooks/{id}/test', { params }));
        tell(text.tested);
      } else if (deed === 'rotate')
        setSecret(
          (await done(api.POST('/account/v1/webhooks/{id}/rotate', { params, body: { overlap_seconds: 86_400 } })))
            .secret,
        );
      else setOpened({ deed, endpoint });
    },
    onSettled: changed,
  });
  const toggle = useToggle();
  const columns = useColumns((deed, endpoint) =>
    deed === 'toggle' ? toggle.mutate(endpoint) : act.mutate({ deed, endpoint }),
  );
  const remove = async (id: string) => {
    await done(api.DELETE('/account/v1/webhooks/{id}', { params: { path: { id } } }));
    changed();
  };
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {endpoints.error !== null ? (
        <ErrorState error={endpoints.error} onRetry={() => void endpoints.refetch()} />
      ) : null}
      {act.error === null ? null : <ErrorNote error={act.error} />}
      {toggle.error === null ? null : <ErrorNote error={toggle.error} />}
      {endpoints.data === undefined ? (
        <Skeleton label={text.loading} />
      ) : endpoints.data.data.length === 0 ? (
        <EmptyState title={text.emptyTitle}>
          <p>{text.empty}</p>
        </EmptyState>
      ) : (
        <Table caption={text.title} columns={columns} rows={endpoints.data.data} rowId={({ id }) => id} />
      )}
      {may('webhooks:write') ? (
        <Add
          onAdded={(value) => {
            setSecret(value);
            changed();
          }}
        />
      ) : null}
      <p>
        <Link to="/organization">{text.toAlerts}</Link>
      </p>
      <Dialog
        isOpen={secret !== null}
        onClose={() => setSecret(null)}
        title={text.secretTitle}
        description={text.secretHint}
      >
        <CodeBlock code={secret ?? ''} label={text.secretTitle} />
        <DialogActions>
          <Button kind="primary" onClick={() => setSecret(null)}>
            {text.close}
          </Button>
        </DialogActions>
      </Dialog>
      {opened?.deed === 'deliveries' ? (
        <DeliveriesDialog endpoint={opened.endpoint} onClose={() => setOpened(null)} />
      ) : null}
      <ConfirmDialog
        isOpen={opened?.deed === 'remove'}
        onClose={() => setOpened(null)}
        title={text.remove}
        confirm={text.remove}
        onConfirm={() => (opened === null ? Promise.resolve() : remove(opened.endpoint.id))}
      >
        <p>{text.removeBody}</p>
      </ConfirmDialog>
    </>
  );
}
