import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, done } from '../../api/client.ts';
import { useMay, useMe } from '../../app/session.ts';
import { useSettings } from '../../app/settings.ts';
import { useFormats } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/language.tsx';
import { Meter } from '../../ui/badge.tsx';
import { Card, Figure, Figures, PageHeader } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { limitName } from './limit-names.ts';

const texts = defineTexts(
  {
    title: 'Today',
    intro: 'What your organisation has used since midnight (UTC).',
    loading: 'Loading today’s usage',
    requests: 'Requests',
    tokens: 'Tokens',
    cost: 'Cost',
    errors: 'Failed',
    share: (percent: string) => `${percent} of all`,
    average: (time: string) => `${time} on average`,
    firstTitle: 'Make the first call',
    first: 'Create an API key, then send this. Any OpenAI client works too: change its base URL.',
    createKey: 'Create an API key',
    quickstart: 'Quickstart',
    limits: 'Limits',
    used: (used: string, quota: string, resets: string) => `${used} of ${quota}, anew ${resets}`,
    noLimits: 'Your plan sets no limits.',
  },
  {
    title: 'Heute',
    intro: 'Was Ihre Organisation seit Mitternacht (UTC) verbraucht hat.',
    loading: 'Der Verbrauch von heute wird geladen',
    requests: 'Anfragen',
    tokens: 'Tokens',
    cost: 'Kosten',
    errors: 'Fehlgeschlagen',
    share: (percent: string) => `${percent} von allen`,
    average: (time: string) => `${time} im Mittel`,
    firstTitle: 'Der erste Aufruf',
    first:
      'Legen Sie einen API-Schlüssel an und senden Sie dies. Jeder OpenAI-Client geht auch: mit anderer Basis-URL.',
    createKey: 'API-Schlüssel anlegen',
    quickstart: 'Schnellstart',
    limits: 'Grenzen',
    used: (used: string, quota: string, resets: string) => `${used} von ${quota}, neu ${resets}`,
    noLimits: 'Ihr Tarif setzt keine Grenzen.',
  },
);

function midnight(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate())).toISOString();
}

function FirstCall() {
  const text = useTexts(texts);
  const { public_url: url, links, models } = useSettings();
  const model = models[0]?.id ?? 'turnpike-demo';
  const curl = [
    `curl ${url}/v1/chat/completions \\`,
    '  -H "Authorization: Bearer $API_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
  ].join('\n');
  return (
    <EmptyState title={text.firstTitle} action={<Link to="/keys">{text.createKey}</Link>}>
      <p>{text.first}</p>
      <CodeBlock code={curl} label="curl" />
      <a href={links.quickstart}>{text.quickstart}</a>
    </EmptyState>
  );
}

function Limits() {
  const text = useTexts(texts);
  const formats = useFormats();
  const limits = useQuery({
    queryKey: ['limits'],
    queryFn: () => done(api.GET('/account/v1/limits')),
    refetchInterval: 10_000,
  });
  const rows = limits.data?.data ?? [];
  return (
    <Card title={text.limits}>
      {limits.data !== undefined && rows.length === 0 ? <p>{text.noLimits}</p> : null}
      {rows.slice(0, 12).map(({ name, key_id: key, quota, used, resets_at: resets }) => (
        <Meter
          key={`${name} ${key ?? ''}`}
          label={key === null ? limitName(name) : `${limitName(name)} · ${key.slice(-6)}`}
          value={used}
          max={quota}
          text={text.used(formats.short(used), formats.short(quota), formats.relative(resets))}
        />
      ))}
    </Card>
  );
}

/** What matters today. */
export function Page() {
  const text = useTexts(texts);
  const formats = useFormats();
  const me = useMe();
  const may = useMay();
  const usage = useQuery({
    queryKey: ['usage', 'today'],
    queryFn: () => done(api.GET('/account/v1/usage', { params: { query: { from: midnight() } } })),
    refetchInterval: 10_000,
  });
  if (usage.error !== null) return <ErrorState error={usage.error} onRetry={() => void usage.refetch()} />;
  if (usage.data === undefined) return <Skeleton label={text.loading} lines={5} />;
  const rows = usage.data.data;
  const sum = (name: 'requests' | 'errors' | 'total_tokens') => rows.reduce((total, row) => total + row[name], 0);
  const requests = sum('requests');
  const milliseconds = rows.reduce((total, row) => total + row.average_duration_ms * row.requests, 0);
  const cost = rows.map((row) => formats.money(row.cost, row.currency)).join(' + ');
  return (
    <>
      <PageHeader title={`${text.title}, ${me.user.name}`}>{text.intro}</PageHeader>
      <Figures>
        <Figure
          label={text.requests}
          value={formats.count(requests)}
          note={requests === 0 ? undefined : text.average(formats.milliseconds(milliseconds / requests))}
        />
        <Figure label={text.tokens} value={formats.short(sum('total_tokens'))} />
        <Figure label={text.cost} value={cost === '' ? formats.money(0, 'EUR') : cost} />
        <Figure
          label={text.errors}
          value={formats.count(sum('errors'))}
          note={requests === 0 ? undefined : text.share(formats.percent(sum('errors') / requests))}
        />
      </Figures>
      {requests === 0 && may('keys:write') ? <FirstCall /> : null}
      <Limits />
    </>
  );
}
