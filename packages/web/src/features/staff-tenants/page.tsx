import { useQueryClient } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Menu } from '../../ui/menu.tsx';
import { PagedTable } from '../../ui/paged-table.tsx';
import type { Column } from '../../ui/table.tsx';
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
  return usePages({
    queryKey: ['staff', 'tenants', wanted],
    keepsPrevious: true,
    read: (page) => {
      const query = { ...page, ...(wanted === '' ? {} : { search: wanted }) };
      return done(api.GET('/admin/v1/tenants', { params: { query } }));
    },
  });
}

export function Page() {
  const text = useTexts(texts);
  const formats = useFormats();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<{ readonly deed: Deed; readonly tenant: Tenant } | null>(null);
  const [search, setSearch] = useState('');
  const tenants = useTenants(useDeferredValue(search.trim()));
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
      <PagedTable
        pages={tenants}
        loading={text.loading}
        empty={<EmptyState title={text.nobody} />}
        caption={text.title}
        columns={columns}
        rowId={({ id }) => id}
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
