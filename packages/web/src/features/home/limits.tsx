import { useQuery } from '@tanstack/react-query';
import { api, done } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Meter } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { useKeyNames } from '../keys/key-names.ts';
import { useLimitName } from './limit-names.ts';
import { texts } from './texts.ts';

/** The limits that count, and how full they are. */
export function Limits() {
  const text = useTexts(texts);
  const formats = useFormats();
  const limits = useQuery({
    queryKey: ['limits'],
    queryFn: () => done(api.GET('/account/v1/limits')),
    refetchInterval: 10_000,
  });
  const keys = useKeyNames();
  const limitName = useLimitName();
  const rows = limits.data?.data ?? [];
  return (
    <Card title={text.limits}>
      {limits.data !== undefined && rows.length === 0 ? <p>{text.noLimits}</p> : null}
      {rows.slice(0, 12).map(({ name, key_id: key, quota, used, resets_at: resets }) => (
        <Meter
          key={`${name} ${key ?? ''}`}
          label={key === null ? limitName(name) : `${limitName(name)} · ${keys.get(key) ?? key.slice(-6)}`}
          value={used}
          max={quota}
          text={text.used(formats.short(used), formats.short(quota), formats.relative(resets))}
        />
      ))}
    </Card>
  );
}
