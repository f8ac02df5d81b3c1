import { ledgerSurfaces } from '@turnpike/contract/ledger-surfaces';
import type { ReactNode } from 'react';
import type { Schema } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useKeyNames } from '../keys/key-names.ts';
import { useModelNames } from '../usage/usage-data.ts';
import { texts } from './texts.ts';

export type Status = Schema<'OwnUsageEvent'>['status'];

const statuses: readonly Status[] = ['completed', 'failed', 'cancelled', 'interrupted'];

/** What the address asks for: a filter can be shared as a link. */
export interface Search {
  readonly status?: Status;
  readonly model?: string;
  readonly key?: string;
  readonly surface?: string;
  /** As x-request-id told it. */
  readonly id?: string;
  readonly days?: number;
  /** The one that is shown. */
  readonly request?: string;
}

export type Change = Partial<Record<keyof Search, string | number | undefined>>;

const orNothing = (value: string): string | undefined => (value.trim() === '' ? undefined : value.trim());

function Choice({
  label,
  value,
  onChange,
  children,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
  readonly children: ReactNode;
}) {
  const text = useTexts(texts);
  return (
    <SelectField label={label} value={value ?? ''} onChange={({ target }) => onChange(orNothing(target.value))}>
      <option value="">{text.all}</option>
      {children}
    </SelectField>
  );
}

export function Filters({ search, show }: { readonly search: Search; readonly show: (change: Change) => void }) {
  const text = useTexts(texts);
  const keys = useKeyNames();
  const models = useModelNames();
  const options = (names: readonly string[], chosen: string | undefined) =>
    [...new Set([...names, ...(chosen === undefined ? [] : [chosen])])].map((name) => (
      <option key={name}>{name}</option>
    ));
  return (
    <div className="row">
      <SelectField
        label={text.since}
        value={search.days ?? 1}
        onChange={({ target }) => show({ days: Number(target.value) })}
      >
        <option value={1}>{text.day}</option>
        <option value={7}>{text.week}</option>
        <option value={30}>{text.month}</option>
      </SelectField>
      <Choice label={text.status} value={search.status} onChange={(status) => show({ status })}>
        {statuses.map((status) => (
          <option key={status} value={status}>
            {text[status]}
          </option>
        ))}
      </Choice>
      <Choice label={text.model} value={search.model} onChange={(model) => show({ model })}>
        {options(models, search.model)}
      </Choice>
      <Choice label={text.key} value={search.key} onChange={(key) => show({ key })}>
        {[...keys].map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Choice>
      <Choice label={text.surface} value={search.surface} onChange={(surface) => show({ surface })}>
        {options(ledgerSurfaces, search.surface)}
      </Choice>
      <TextField
        label={text.id}
        key={search.id}
        defaultValue={search.id ?? ''}
        maxLength={128}
        onBlur={({ target }) => show({ id: orNothing(target.value) })}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') show({ id: orNothing(currentTarget.value) });
        }}
      />
    </div>
  );
}
