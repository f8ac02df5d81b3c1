import type { UseQueryResult } from '@tanstack/react-query';
import type { components } from '../../api/schema.d.ts';
import { useFormats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { homeTexts } from './home-texts.ts';

type Event = components['schemas']['OwnUsageEvent'];

/** The newest requests, whoever made them. */
export function LatestRequests({ latest }: { readonly latest: UseQueryResult<{ readonly data: readonly Event[] }> }) {
  const { latest: texts } = useTexts(homeTexts);
  const formats = useFormats();
  const columns: Column<Event>[] = [
    {
      key: 'model',
      header: texts.model,
      isTitle: true,
      cell: ({ model }) => <code>{model}</code>,
    },
    {
      key: 'time',
      header: texts.time,
      cell: ({ started_at: start }) => (
        <time dateTime={start} title={formats.dateTime(start)}>
          {formats.relative(start)}
        </time>
      ),
    },
    {
      key: 'status',
      header: texts.status,
      cell: ({ http_status: status, error_code: code }) => (
        <Badge kind={status < 400 ? 'good' : 'bad'}>{code === null ? status : `${status} ${code}`}</Badge>
      ),
    },
    {
      key: 'tokens',
      header: texts.tokens,
      align: 'end',
      cell: (event) => formats.number(event.prompt_tokens + event.completion_tokens),
    },
    {
      key: 'duration',
      header: texts.duration,
      align: 'end',
      cell: ({ duration_ms: took }) => formats.duration(took),
    },
  ];
  const { data, error } = latest;
  return (
    <Card title={texts.title}>
      {data === undefined ? (
        error === null ? (
          <Skeleton lines={5} />
        ) : (
          <ErrorNote error={error} />
        )
      ) : (
        <Table caption={texts.caption} columns={columns} rows={data.data} rowKey={({ id }) => id} />
      )}
    </Card>
  );
}
