import { Link } from '@tanstack/react-router';
import type { Schema } from '../../api/client.ts';
import { useMay } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EditKey } from './edit-key.tsx';
import { KeyVersions } from './key-versions.tsx';
import { texts } from './texts.ts';

type ApiKey = Schema<'ApiKey'>;

function useFacts(apiKey: ApiKey) {
  const text = useTexts(texts);
  const formats = useFormats();
  const { scopes, models, expires_at: expires, created_at: created, last_used_at: used } = apiKey;
  return [
    { id: 'id', title: text.id, value: <code>{apiKey.id}</code> },
    { id: 'key', title: text.key, value: <code>{apiKey.hint}</code> },
    { id: 'mode', title: text.mode, value: apiKey.mode === 'test' ? text.test : text.live },
    { id: 'scopes', title: text.scopes, value: scopes.join(', ') },
    { id: 'models', title: text.models, value: models === null ? text.allModels : models.join(', ') },
    { id: 'created', title: text.created, value: formats.time(created) },
    { id: 'expires', title: text.expires, value: expires === null ? text.neverExpires : formats.time(expires) },
    {
      id: 'used',
      title: text.lastUsed,
      value: used === null ? text.never : text.from(formats.relative(used), apiKey.last_used_address ?? '?'),
    },
  ];
}

/** All that is known of a key: what it may do, which versions it speaks, and what can be changed. */
export function KeyDialog({
  apiKey,
  isActive,
  onClose,
  onChanged,
}: {
  readonly apiKey: ApiKey;
  readonly isActive: boolean;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}) {
  const text = useTexts(texts);
  const mayChange = useMay()('keys:write') && isActive;
  const facts = useFacts(apiKey);
  return (
    <Dialog isOpen onClose={onClose} title={apiKey.name} size="wide">
      <Facts facts={facts} />
      <p>
        <Link to="/usage" search={{ key: apiKey.id }}>
          {text.toUsage}
        </Link>
        {' · '}
        <Link to="/requests" search={{ key: apiKey.id }}>
          {text.toRequests}
        </Link>
      </p>
      <h3>{text.versions}</h3>
      <KeyVersions apiKey={apiKey} mayPin={mayChange} onChanged={onChanged} />
      {mayChange ? (
        <>
          <h3>{text.edit}</h3>
          <EditKey apiKey={apiKey} onClose={onClose} onChanged={onChanged} />
        </>
      ) : null}
    </Dialog>
  );
}
