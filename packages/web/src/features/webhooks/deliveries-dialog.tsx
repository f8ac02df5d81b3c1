import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { DeliveryDetail } from './delivery-detail.tsx';
import { texts } from './texts.ts';

type Delivery = Schema<'WebhookDelivery'>;
const tones = { pending: 'warn', delivered: 'good', failed: 'bad' } as const;

/** What was sent to an endpoint, and how it answered. */
export function DeliveriesDialog({
  endpoint,
  onClose,
}: {
  readonly endpoint: Schema<'WebhookEndpoint'>;
  readonly onClose: () => void;
}) {
  const text = useTexts(texts);
  const formats = useFormats();
  const may = useMay();
  const { id } = endpoint;
  const [opened, setOpened] = useState<string>();
  const deliveries = useQuery({
    queryKey: ['deliveries', id],
    queryFn: () => done(api.GET('/account/v1/webhooks/{id}/deliveries', { params: { path: { id } } })),
    refetchInterval: 5_000,
  });
  const again = useMutation({
    mutationFn: (delivery: string) =>
      done(
        api.POST('/account/v1/webhooks/{id}/deliveries/{delivery}/redeliver', { params: { path: { id, delivery } } }),
      ),
    onSettled: () => deliveries.refetch(),
  });
  const columns: Column<Delivery>[] = [
    {
      id: 'event',
      title: text.event,
      cell: (row) => (
        <Button
          kind="link"
          aria-expanded={opened === row.id}
          onClick={() => setOpened(opened === row.id ? undefined : row.id)}
        >
          <code>{row.event_type}</code>
        </Button>
      ),
    },
    { id: 'status', title: text.status, cell: ({ status }) => <Badge tone={tones[status]}>{status}</Badge> },
    { id: 'answer', title: text.answer, cell: (row) => row.response_status ?? '–' },
    { id: 'attempts', title: text.attempts, align: 'end', cell: ({ attempts }) => attempts },
    { id: 'when', title: text.when, cell: ({ created_at: at }) => formats.time(at) },
    {
      ...{ id: 'again', title: text.actions, isAction: true },
      cell: (row) =>
        may('webhooks:write') ? (
          <Button size="small" onClick={() => again.mutate(row.id)}>
            {text.again}
          </Button>
        ) : null,
    },
  ];
  return (
    <Dialog isOpen onClose={onClose} title={`${text.deliveries}: ${endpoint.url}`} size="wide">
      {deliveries.error !== null ? <ErrorNote error={deliveries.error} /> : null}
      {again.error === null ? null : <ErrorNote error={again.error} />}
      {deliveries.data === undefined ? (
        <Skeleton label={text.loading} />
      ) : deliveries.data.data.length === 0 ? (
        <p>{text.none}</p>
      ) : (
        <Table caption={text.deliveries} columns={columns} rows={deliveries.data.data} rowId={(row) => row.id} />
      )}
      {opened === undefined ? null : <DeliveryDetail endpointId={id} deliveryId={opened} />}
    </Dialog>
  );
}
