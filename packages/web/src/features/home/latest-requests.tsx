import { Link } from '@tanstack/react-router';
import type { Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { texts } from './texts.ts';

type Event = Schema<'OwnUsageEvent'>;

/** The newest requests, whoever made them. */
export function LatestRequests({ events }: { readonly events: readonly Event[] }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const columns: Column<Event>[] = [
    { id: 'model', title: text.model, cell: ({ model }) => <code>{model}</code> },
    {
      id: 'when',
      title: text.when,
      cell: ({ started_at: start }) => (
        <time dateTime={start} title={formats.time(start)}>
          {formats.relative(start)}
        </time>
      ),
    },
    {
      id: 'answer',
      title: text.answer,
      cell: ({ http_status: status, error_code: code }) => (
        <Badge tone={status < 400 ? 'good' : 'bad'}>{code === null ? status : `${status} ${code}`}</Badge>
      ),
    },
    {
      ...{ id: 'tokens', title: text.tokens, align: 'end' },
      cell: (event) => formats.count(event.prompt_tokens + event.completion_tokens),
    },
    {
      ...{ id: 'took', title: text.took, align: 'end' },
      cell: ({ duration_ms: took }) => formats.milliseconds(took),
    },
  ];
  return (
    <Card title={text.latest} action={<Link to="/requests">{text.all}</Link>}>
      <Table caption={text.latest} columns={columns} rows={events} rowId={({ id }) => id} />
    </Card>
  );
}
