import { useMutation, useQuery } from '@tanstack/react-query';
import { api, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { useToast } from '../../ui/toast.tsx';
import { standings, texts } from './texts.ts';

type KeyVersion = Schema<'KeyVersion'>;

const tones = {
  current: 'good',
  supported: 'good',
  preview: 'neutral',
  deprecated: 'warn',
  'final-month': 'bad',
  retired: 'bad',
} as const;

function Standing({ row }: { readonly row: KeyVersion }) {
  const text = useTexts(texts);
  const standing = useTexts(standings);
  const formats = useFormats();
  return (
    <>
      <Badge tone={tones[row.status]}>{standing[row.status]}</Badge>
      {row.sunset_at === null ? null : <> {text.until(formats.date(row.sunset_at))}</>}
    </>
  );
}

/** Which versions a key has spoken, and the button that pins another one. */
export function KeyVersions({
  apiKey,
  mayPin,
  onChanged,
}: {
  readonly apiKey: Schema<'ApiKey'>;
  readonly mayPin: boolean;
  readonly onChanged: () => void;
}) {
  const text = useTexts(texts);
  const formats = useFormats();
  const tell = useToast();
  const path = { params: { path: { id: apiKey.id } } };
  const versions = useQuery({
    queryKey: ['keys', apiKey.id, 'versions'],
    queryFn: () => done(api.GET('/account/v1/keys/{id}/versions', path)),
  });
  const pin = useMutation({
    mutationFn: (version: string) =>
      done(api.PATCH('/account/v1/keys/{id}', { ...path, body: { pinned_version: version } })),
    onSuccess: async (_, version) => {
      tell(text.pinnedTo(version));
      onChanged();
      await versions.refetch();
    },
  });
  const columns: Column<KeyVersion>[] = [
    { id: 'version', title: text.version, cell: ({ version }) => <strong>{version}</strong> },
    { id: 'standing', title: text.state, cell: (row) => <Standing row={row} /> },
    {
      id: 'spoken',
      title: text.spoken,
      cell: ({ last_used_at: at }) => (at === null ? text.notSpoken : formats.relative(at)),
    },
    {
      ...{ id: 'pin', title: text.pin, isAction: true },
      cell: ({ version, status, is_pinned: isPinned }) => {
        if (isPinned) return <Badge tone="good">{text.pinned}</Badge>;
        if (!mayPin || status === 'retired') return null;
        return (
          <Button
            size="small"
            aria-label={text.pinTo(version)}
            isBusy={pin.isPending && pin.variables === version}
            onClick={() => pin.mutate(version)}
          >
            {text.pin}
          </Button>
        );
      },
    },
  ];
  if (versions.error !== null) return <ErrorNote error={versions.error} />;
  if (versions.data === undefined) return <Skeleton label={text.loading} />;
  return (
    <>
      {apiKey.pinned_version === null ? <p>{text.notPinnedYet}</p> : null}
      {pin.error === null ? null : <ErrorNote error={pin.error} />}
      <Table caption={text.versions} columns={columns} rows={versions.data.data} rowId={({ version }) => version} />
    </>
  );
}
