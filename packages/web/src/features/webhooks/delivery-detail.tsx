import { useQuery } from '@tanstack/react-query';
import { api, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { texts } from './texts.ts';

type Attempt = Schema<'WebhookDeliveryDetail'>['attempt_log'][number];

/** What is sent, and how each attempt went: enough to mend a receiver without asking the vendor. */
export function DeliveryDetail({
  endpointId,
  deliveryId,
}: {
  readonly endpointId: string;
  readonly deliveryId: string;
}) {
  const text = useTexts(texts);
  const formats = useFormats();
  const detail = useQuery({
    queryKey: ['deliveries', endpointId, deliveryId],
    queryFn: () =>
      done(
        api.GET('/account/v1/webhooks/{id}/deliveries/{delivery}', {
          params: { path: { id: endpointId, delivery: deliveryId } },
        }),
      ),
    refetchInterval: 5_000,
  });
  if (detail.error !== null) return <ErrorNote error={detail.error} />;
  if (detail.data === undefined) return <Skeleton label={text.loading} />;
  const columns: Column<Attempt>[] = [
    { id: 'number', title: text.attempt, cell: ({ number }) => number },
    { id: 'when', title: text.when, cell: ({ started_at: at }) => formats.time(at) },
    { id: 'took', title: text.took, align: 'end', cell: (row) => formats.milliseconds(row.duration_ms) },
    { id: 'answer', title: text.answer, cell: (row) => row.response_status ?? row.error ?? '–' },
    { id: 'body', title: text.said, cell: ({ response_body: body }) => (body === null ? '–' : <code>{body}</code>) },
  ];
  return (
    <>
      <h3>{text.payload}</h3>
      <CodeBlock code={JSON.stringify(detail.data.payload, null, 2)} label={text.payload} />
      <h3>{text.attempts}</h3>
      {detail.data.attempt_log.length === 0 ? (
        <p>{text.notTried}</p>
      ) : (
        <Table
          caption={text.attempts}
          columns={columns}
          rows={detail.data.attempt_log}
          rowId={({ number }) => String(number)}
        />
      )}
    </>
  );
}
