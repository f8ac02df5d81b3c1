import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { api, done } from '../../api/client.ts';
import { useMay, useMe } from '../../app/session.ts';
import { useSettings } from '../../app/settings.ts';
import { useNow } from '../../app/use-now.ts';
import { useFormats, type Formats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { concernsOf, isUsable, type Concern } from './attention.ts';
import type { DaySums } from './day-sums.ts';
import { DistanceSign } from './distance-sign.tsx';
import { FirstSteps } from './first-steps.tsx';
import { useDays, useLatest } from './home-data.ts';
import { HourBars } from './hour-bars.tsx';
import { LatestRequests } from './latest-requests.tsx';
import { Limits } from './limits.tsx';
import { texts } from './texts.ts';
import styles from './home.module.css';

function moneyOf(cost: ReadonlyMap<string, number>, formats: Formats): string {
  const sums = [...cost].map(([currency, amount]) => formats.money(amount, currency));
  return sums.length === 0 ? formats.money(0, 'EUR') : sums.join(' + ');
}

/** Requests, tokens, cost and errors of today, beside yesterday's. */
function Figures({ today, yesterday }: { readonly today: DaySums; readonly yesterday: DaySums }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const rows = [
    { label: text.requests, show: (day: DaySums) => formats.count(day.requests) },
    { label: text.tokens, show: (day: DaySums) => formats.short(day.tokens) },
    { label: text.cost, show: (day: DaySums) => moneyOf(day.cost, formats) },
    { label: text.errors, show: (day: DaySums) => formats.count(day.errors) },
  ];
  return (
    <DistanceSign
      caption={text.usage}
      distances={rows.map(({ label, show }) => ({
        label,
        value: show(today),
        note: yesterday.requests === 0 ? undefined : text.yesterday(show(yesterday)),
      }))}
    />
  );
}

function Today({ now }: { readonly now: number }) {
  const text = useTexts(texts);
  const { today, yesterday, error, retry } = useDays(now);
  if (error !== null && today === undefined) return <ErrorState error={error} onRetry={retry} />;
  if (today === undefined || yesterday === undefined) return <Skeleton label={text.loading} lines={5} />;
  return (
    <div className={styles['today']}>
      <Figures today={today} yesterday={yesterday} />
      <Card title={text.hours}>
        <HourBars hours={today.hours} current={new Date(now).getHours()} />
      </Card>
    </div>
  );
}

/** What will stop working if nobody does anything. */
function Attention({ concerns }: { readonly concerns: readonly Concern[] }) {
  const text = useTexts(texts);
  const formats = useFormats();
  if (concerns.length === 0) return null;
  return (
    <Card title={text.attention} action={<Link to="/keys">{text.keys}</Link>}>
      <ul className={styles['concerns']}>
        {concerns.map((concern) => (
          <li key={`${concern.kind} ${concern.key.id}`}>
            <TriangleAlert aria-hidden="true" />
            {concern.kind === 'expires'
              ? text.expires(concern.key.name, formats.relative(concern.at))
              : text.deprecated(concern.key.name, concern.version)}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What matters today. */
export function Page() {
  const text = useTexts(texts);
  const now = useNow();
  const me = useMe();
  const may = useMay();
  const { api_versions: versions } = useSettings();
  const keys = useQuery({
    queryKey: ['keys'],
    queryFn: () => done(api.GET('/account/v1/keys', { params: { query: { limit: 200 } } })),
  });
  const latest = useLatest(now);
  const all = keys.data?.data ?? [];
  const events = latest.data?.data;
  const isNew = events?.length === 0;
  return (
    <>
      <PageHeader title={`${text.title}, ${me.user.name}`} />
      {latest.isPending ? <Skeleton label={text.loading} lines={5} /> : null}
      {latest.error === null ? null : <ErrorState error={latest.error} onRetry={() => void latest.refetch()} />}
      {isNew && may('keys:write') ? <FirstSteps hasKey={all.some((key) => isUsable(key, now))} /> : null}
      <Attention concerns={concernsOf(all, versions, now)} />
      {events === undefined ? null : <Today now={now} />}
      {events === undefined || isNew ? null : <LatestRequests events={events} />}
      <Limits />
    </>
  );
}
