import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toApiError } from '../../api/api-error.ts';
import { authRequest } from '../../api/auth-request.ts';
import { commonTexts } from '../../i18n/common-texts.ts';
import { useFormats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { useSessionActions } from '../../shell/session-actions.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { notify } from '../../ui/toast-store.ts';
import { AgainNote } from './again-note.tsx';
import { securityTexts } from './security-texts.ts';
import { sessionQuery, sessionsQuery, type Session } from './session-query.ts';
import { describeUserAgent } from './user-agent.ts';

function EndButton({ session }: { readonly session: Session }) {
  const { sessions: texts } = useTexts(securityTexts);
  const queryClient = useQueryClient();
  const end = useMutation({
    mutationFn: () => authRequest('/revoke-session', { token: session.token }),
    onSuccess: async () => {
      notify({ title: texts.ended });
      await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    },
    onError: (error) => notify({ kind: 'bad', title: toApiError(error).message }),
  });
  return (
    <Button size="small" busy={end.isPending} onClick={() => end.mutate()}>
      {texts.end}
    </Button>
  );
}

function SessionTable({ sessions }: { readonly sessions: readonly Session[] }) {
  const { sessions: texts } = useTexts(securityTexts);
  const common = useTexts(commonTexts);
  const formats = useFormats();
  const own = useQuery(sessionQuery).data?.session.id;
  const columns: Column<Session>[] = [
    {
      key: 'device',
      header: texts.device,
      isTitle: true,
      cell: ({ id, userAgent }) => (
        <>
          {typeof userAgent === 'string' && userAgent !== '' ? describeUserAgent(userAgent) : texts.unknown}{' '}
          {id === own && <Badge kind="good">{texts.current}</Badge>}
        </>
      ),
    },
    { key: 'address', header: texts.address, cell: ({ ipAddress }) => ipAddress ?? texts.unknown },
    { key: 'since', header: texts.since, cell: ({ createdAt }) => formats.dateTime(createdAt) },
    { key: 'until', header: texts.until, cell: ({ expiresAt }) => formats.date(expiresAt) },
    {
      key: 'end',
      header: common.actions,
      isActions: true,
      cell: (session) => (session.id === own ? null : <EndButton session={session} />),
    },
  ];
  return <Table caption={texts.caption} columns={columns} rows={sessions} rowKey={({ id }) => id} />;
}

export function SessionsCard() {
  const { sessions: texts } = useTexts(securityTexts);
  const { data, error } = useQuery(sessionsQuery);
  const { signOutEverywhere } = useSessionActions();
  const [isAsking, setIsAsking] = useState(false);
  return (
    <Card
      title={texts.title}
      description={texts.advice}
      actions={<Button onClick={() => setIsAsking(true)}>{texts.everywhere}</Button>}
    >
      {error !== null && <AgainNote error={error} />}
      {data === undefined && error === null && <Skeleton lines={2} />}
      {data !== undefined && <SessionTable sessions={data} />}
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title={texts.everywhereTitle}
        description={texts.everywhereAdvice}
        confirmLabel={texts.everywhere}
        isDangerous={false}
        onConfirm={signOutEverywhere}
      />
    </Card>
  );
}
