import { Ban, Ellipsis, Pin, RefreshCw } from 'lucide-react';
import { useMay } from '../../api/account.ts';
import { commonTexts } from '../../i18n/common-texts.ts';
import { useFormats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Badge, type BadgeKind } from '../../ui/badge.tsx';
import { IconButton } from '../../ui/button.tsx';
import { Menu, MenuItem } from '../../ui/menu.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { useNow } from '../../ui/use-now.ts';
import { isUsable, stateOf, type ApiKey, type KeyState } from './keys.ts';
import { keysTexts } from './keys-texts.ts';
import styles from './keys.module.css';

/** What can be done with a key. */
export interface KeyActions {
  readonly onRotate: (key: ApiKey) => void;
  readonly onPin: (key: ApiKey) => void;
  readonly onRevoke: (key: ApiKey) => void;
}

const kinds: Readonly<Record<KeyState, BadgeKind>> = { live: 'good', test: 'warn', revoked: 'bad', expired: 'bad' };

function KeyMenu({ apiKey, onRotate, onPin, onRevoke }: { readonly apiKey: ApiKey } & KeyActions) {
  const texts = useTexts(keysTexts);
  return (
    <Menu
      trigger={
        <IconButton label={texts.actions(apiKey.name)}>
          <Ellipsis />
        </IconButton>
      }
    >
      <MenuItem icon={<RefreshCw />} onSelect={() => onRotate(apiKey)}>
        {texts.rotate}
      </MenuItem>
      <MenuItem icon={<Pin />} onSelect={() => onPin(apiKey)}>
        {texts.pin}
      </MenuItem>
      <MenuItem icon={<Ban />} isDangerous onSelect={() => onRevoke(apiKey)}>
        {texts.revoke}
      </MenuItem>
    </Menu>
  );
}

function useColumns(actions: KeyActions): Column<ApiKey>[] {
  const texts = useTexts(keysTexts);
  const common = useTexts(commonTexts);
  const formats = useFormats();
  const now = useNow();
  const may = useMay();
  const modelsOf = ({ models }: ApiKey): string => {
    if (models === null) return texts.allModels;
    return models.length === 1 ? texts.model(models[0] ?? '') : texts.models(formats.number(models.length));
  };
  return [
    {
      key: 'name',
      header: texts.columns.name,
      isTitle: true,
      cell: ({ name, hint }) => (
        <>
          {name}
          <code className={styles.hint}>{hint}</code>
        </>
      ),
    },
    {
      key: 'state',
      header: texts.columns.state,
      cell: (key) => {
        const state = stateOf(key, now);
        return <Badge kind={kinds[state]}>{texts.states[state]}</Badge>;
      },
    },
    { key: 'may', header: texts.columns.may, cell: (key) => `${key.scopes.join(', ')} · ${modelsOf(key)}` },
    { key: 'version', header: texts.columns.version, cell: (key) => key.pinned_version ?? texts.notPinned },
    {
      key: 'expires',
      header: texts.columns.expires,
      cell: ({ expires_at: end }) => (end === null ? common.never : <time dateTime={end}>{formats.date(end)}</time>),
    },
    {
      key: 'created',
      header: texts.columns.created,
      cell: ({ created_at: start }) => <time dateTime={start}>{formats.date(start)}</time>,
    },
    {
      key: 'actions',
      header: common.actions,
      isActions: true,
      cell: (key) => (isUsable(key, now) && may('keys:write') ? <KeyMenu apiKey={key} {...actions} /> : null),
    },
  ];
}

export function KeysTable({ keys, ...actions }: { readonly keys: readonly ApiKey[] } & KeyActions) {
  const texts = useTexts(keysTexts);
  const columns = useColumns(actions);
  return <Table caption={texts.caption} columns={columns} rows={keys} rowKey={({ id }) => id} />;
}
