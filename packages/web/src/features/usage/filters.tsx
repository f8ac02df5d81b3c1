import { useKeyNames } from '../keys/key-names.ts';
import { useTexts } from '../../i18n/language.tsx';
import { SelectField } from '../../ui/field.tsx';
import type { Period } from './periods.ts';
import { texts } from './texts.ts';
import { useModelNames, type Split, type Wanted } from './usage-data.ts';

export const periods: readonly Period[] = ['day', 'week', 'month', 'year'];
export const splits: readonly Split[] = ['model', 'key', 'surface'];

/** What the address can say. */
export type Search = Readonly<Partial<Record<'period' | 'by' | 'key' | 'model' | 'show', string | undefined>>>;

export function Filters({ wanted, change }: { readonly wanted: Wanted; readonly change: (changed: Search) => void }) {
  const text = useTexts(texts);
  const keys = useKeyNames();
  const models = useModelNames();
  const choose = (name: 'key' | 'model', value: string) => change({ [name]: value === '' ? undefined : value });
  return (
    <div className="row">
      <SelectField
        label={text.period}
        value={wanted.period}
        onChange={({ target }) => change({ period: target.value })}
      >
        {periods.map((each) => (
          <option key={each} value={each}>
            {text[each]}
          </option>
        ))}
      </SelectField>
      <SelectField label={text.by} value={wanted.split} onChange={({ target }) => change({ by: target.value })}>
        {splits.map((each) => (
          <option key={each} value={each}>
            {text[each]}
          </option>
        ))}
      </SelectField>
      <SelectField label={text.key} value={wanted.key ?? ''} onChange={({ target }) => choose('key', target.value)}>
        <option value="">{text.allKeys}</option>
        {[...keys].map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={text.model}
        value={wanted.model ?? ''}
        onChange={({ target }) => choose('model', target.value)}
      >
        <option value="">{text.allModels}</option>
        {models.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
    </div>
  );
}
