import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Pager } from '../../ui/pager.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { TenantDialog, type Deed } from './tenant-dialog.tsx';
import { texts } from './texts.ts';

type Tenant = Schema<'Tenant'>;

function State({ tenant }: { readonly tenant: Tenant }) {
  const text = useTexts(texts);
  if (tenant.closed_at !== null) return <Badge tone="neutral">{text.closed}</Badge>;
  if (tenant.suspended) return <Badge tone="bad">{text.suspended}</Badge>;
  return (
    <Badge tone={tenant.trial_ends_at === null ? 'good' : 'warn'}>
      {tenant.trial_ends_at === null ? text.active : text.trial}
    </Badge>
  );
}

/** Page after page. @param wanted what is searched for; empty: all */
function useTenants(wanted: string) {
  return useInfiniteQuery({
    queryKey: ['staff', 'tenants', wanted],
    placeholderData: keepPreviousData,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => {
      const query = {
        limit: 50,
        ...(wanted === '' ? {} : { search: wanted }),
        ...(pageParam === undefined ? {} : { after: pageParam }),
      };
      return done(api.GET('/admin/v1/tenants', { params: { query } }));
    },
    getNextPageParam: ({ pagination }) => pagination.cursor ?? undefined,
  });
}

export function Page() {
  const text = useTexts(texts);
  const formats = useFormats();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<{ readonly deed: Deed; readonly tenant: Tenant } | null>(null);
  const [search, setSearch] = useState('');
  const tenants = useTenants(useDeferredValue(search.trim()));
  const rows = tenants.data?.pages.flatMap(({ data }) => data) ?? [];
  const deeds = (tenant: Tenant): readonly { readonly id: Deed; readonly label: string }[] => [
    { id: 'plan', label: text.changePlan },
    { id: 'credit', label: text.credit },
    { id: 'visit', label: text.visit },
    { id: 'suspend', label: tenant.suspended ? text.resume : text.suspend },
  ];
  const columns: Column<Tenant>[] = [
    {
      id: 'name',
      title: text.name,
      cell: ({ name, id }) => (
        <>
          <strong>{name}</strong> <code>{id}</code>
        </>
      ),
    },
    { id: 'plan', title: text.plan, cell: ({ plan }) => plan },
    { id: 'state', title: text.state, cell: (tenant) => <State tenant={tenant} /> },
    { id: 'since', title: text.since, cell: ({ created_at: at }) => formats.date(at) },
    {
      ...{ id: 'menu', title: text.actions, isAction: true },
      cell: (tenant) =>
        tenant.closed_at !== null ? null : (
          <Menu
            label={text.more(tenant.name)}
            trigger={
              <Button
                kind="quiet"
                size="small"
                aria-label={text.more(tenant.name)}
                icon={<Ellipsis aria-hidden="true" />}
              />
            }
            items={deeds(tenant).map((deed) => ({ ...deed, onSelect: () => setChosen({ deed: deed.id, tenant }) }))}
          />
        ),
    },
  ];
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      <TextField
        type="search"
        label={text.search}
        hint={text.searchHint}
        value={search}
        maxLength={200}
        onChange={({ target }) => setSearch(target.value)}
      />
      {tenants.error !== null ? <ErrorState error={tenants.error} onRetry={() => void tenants.refetch()} /> : null}
      {tenants.data === undefined ? (
        <Skeleton label={text.loading} lines={6} />
      ) : rows.length === 0 ? (
        <EmptyState title={text.nobody} />
      ) : (
        <Table caption={text.title} columns={columns} rows={rows} rowId={({ id }) => id} />
      )}
      <Pager
        hasMore={tenants.hasNextPage}
        isLoading={tenants.isFetchingNextPage}
        onMore={() => void tenants.fetchNextPage()}
      />
      {chosen === null ? null : (
        <TenantDialog
          {...chosen}
          onClose={() => setChosen(null)}
          onChanged={() => void queries.invalidateQueries({ queryKey: ['staff'] })}
        />
      )}
    </>
  );
}
