import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { useMay, useOrganization } from '../../api/account.ts';
import { useConsoleConfig } from '../../api/console-config.ts';
import { useFormats, type Formats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { plansPath } from '../../shell/plans-path.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page as Frame } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useNow } from '../../ui/use-now.ts';
import { isUsable, keysQuery } from '../keys/keys.ts';
import { concernsOf, type Concern } from './attention.ts';
import type { DaySums } from './day-sums.ts';
import { DistanceSign } from './distance-sign.tsx';
import { FirstSteps } from './first-steps.tsx';
import { useDays, useLatest } from './home-data.ts';
import { homeTexts } from './home-texts.ts';
import { HourBars } from './hour-bars.tsx';
import { LatestRequests } from './latest-requests.tsx';
import styles from './home.module.css';

function moneyOf(cost: ReadonlyMap<string, number>, formats: Formats): string {
  const sums = [...cost].map(([currency, amount]) => formats.money(amount, currency));
  return sums.length === 0 ? formats.money(0, 'EUR') : sums.join(' + ');
}

/** Requests, tokens, cost and errors of today, beside yesterday's. */
function Figures({ today, yesterday }: { readonly today: DaySums; readonly yesterday: DaySums }) {
  const { sign } = useTexts(homeTexts);
  const formats = useFormats();
  const before = (value: string) => (yesterday.requests === 0 ? undefined : sign.yesterday(value));
  return (
    <DistanceSign
      caption={sign.caption}
      distances={[
        {
          label: sign.requests,
          value: formats.number(today.requests),
          note: before(formats.number(yesterday.requests)),
        },
        { label: sign.tokens, value: formats.compact(today.tokens), note: before(formats.compact(yesterday.tokens)) },
        { label: sign.cost, value: moneyOf(today.cost, formats), note: before(moneyOf(yesterday.cost, formats)) },
        { label: sign.errors, value: formats.number(today.errors), note: before(formats.number(yesterday.errors)) },
      ]}
    />
  );
}

function Today({ now }: { readonly now: number }) {
  const texts = useTexts(homeTexts);
  const { today, yesterday, error, retry } = useDays(now);
  if (error !== null && today === undefined) return <ErrorState error={error} onRetry={retry} />;
  if (today === undefined || yesterday === undefined) return <Skeleton lines={6} />;
  return (
    <div className={styles.today}>
      <Figures today={today} yesterday={yesterday} />
      <Card title={texts.hours.title}>
        <HourBars hours={today.hours} current={new Date(now).getHours()} />
      </Card>
    </div>
  );
}

function ConcernLine({ concern }: { readonly concern: Concern }) {
  const { attention } = useTexts(homeTexts);
  const formats = useFormats();
  return (
    <li>
      <TriangleAlert aria-hidden="true" />
      {concern.kind === 'expires'
        ? attention.expires(concern.key.name, formats.relative(concern.at))
        : attention.deprecated(concern.key.name, concern.version)}
    </li>
  );
}

function Attention({ concerns }: { readonly concerns: readonly Concern[] }) {
  const { attention } = useTexts(homeTexts);
  if (concerns.length === 0) return null;
  return (
    <Card title={attention.title} actions={<Link to="/keys">{attention.keys}</Link>}>
      <ul className={styles.concerns}>
        {concerns.map((concern) => (
          <ConcernLine key={`${concern.kind} ${concern.key.id}`} concern={concern} />
        ))}
      </ul>
    </Card>
  );
}

function PlanCard() {
  const { plan: texts } = useTexts(homeTexts);
  const formats = useFormats();
  const { plans } = useConsoleConfig();
  const { plan: id, trial_ends_at: trialEnd } = useOrganization();
  const plan = plans.find((candidate) => candidate.id === id);
  const limit = (count: number | null | undefined, words: (count: string) => string) =>
    typeof count === 'number' ? [words(formats.compact(count))] : [];
  const lines = [
    ...limit(plan?.requests_per_minute, texts.perMinute),
    ...limit(plan?.tokens_per_day, texts.perDay),
    ...limit(plan?.tokens_per_month, texts.perMonth),
  ];
  return (
    <Card title={texts.title} actions={<a href={plansPath()}>{texts.compare}</a>}>
      <p className={styles.plan}>
        <strong>{plan?.title ?? id}</strong>
        {trialEnd !== null && <span>{texts.trial(formats.date(trialEnd))}</span>}
      </p>
      <ul className={styles.limits}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Card>
  );
}

export function Page() {
  const texts = useTexts(homeTexts);
  const formats = useFormats();
  const now = useNow();
  const may = useMay();
  const { name } = useOrganization();
  const { api_versions: versions } = useConsoleConfig();
  const keys = useQuery({ ...keysQuery(undefined), enabled: may('keys:read') });
  const latest = useLatest(now);
  const isKnown = !latest.isPending;
  const isNew = latest.data?.data.length === 0;
  return (
    <Frame title={texts.title} description={texts.description(formats.date(now), name)}>
      {isNew && <FirstSteps hasKey={keys.data?.data.some((key) => isUsable(key, now)) === true} />}
      <Attention concerns={concernsOf(keys.data?.data ?? [], versions, now)} />
      {isKnown && !isNew && <Today now={now} />}
      <div className={styles.below}>
        {!isNew && <LatestRequests latest={latest} />}
        <PlanCard />
      </div>
    </Frame>
  );
}
