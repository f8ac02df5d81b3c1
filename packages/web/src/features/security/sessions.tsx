import { useQuery } from '@tanstack/react-query';
import { auth } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { useToast } from '../../ui/toast.tsx';
import { AgainNote } from './again.tsx';
import { texts } from './texts.ts';
import { describeUserAgent } from './user-agent.ts';

interface Session {
  readonly id: string;
  readonly token: string;
  readonly createdAt: string;
  readonly ipAddress?: string | null;
  readonly userAgent?: string | null;
}

export function Sessions() {
  const text = useTexts(texts);
  const formats = useFormats();
  const current = useQuery({
    queryKey: ['session'],
    queryFn: () => auth<{ session?: { id: string } } | null>('/get-session'),
  });
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: () => auth<readonly Session[]>('/list-sessions') });
  const tell = useToast();
  const end = async (token: string) => {
    await auth('/revoke-session', { token }).catch((error: unknown) => tell(String(error)));
    await sessions.refetch();
  };
  const columns: Column<Session>[] = [
    {
      id: 'agent',
      title: text.sessions,
      cell: ({ userAgent }) => (userAgent ? describeUserAgent(userAgent) : text.unknown),
    },
    { id: 'from', title: text.from, cell: ({ ipAddress }) => ipAddress ?? '–' },
    { id: 'since', title: text.since, cell: ({ createdAt }) => formats.time(createdAt) },
    {
      ...{ id: 'end', title: text.actions, isAction: true },
      cell: ({ id, token }) =>
        id === current.data?.session?.id ? (
          <Badge tone="good">{text.thisOne}</Badge>
        ) : (
          <Button size="small" onClick={() => void end(token)}>
            {text.end}
          </Button>
        ),
    },
  ];
  return (
    <Card title={text.sessions}>
      {sessions.error !== null ? <AgainNote error={sessions.error} /> : null}
      {sessions.isPending ? <Skeleton label={text.loading} /> : null}
      {sessions.data === undefined ? null : (
        <Table caption={text.sessions} columns={columns} rows={sessions.data} rowId={({ id }) => id} />
      )}
    </Card>
  );
}
