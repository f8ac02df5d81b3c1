import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useRouterState } from '@tanstack/react-router';
import { useFormats } from '../i18n/format.ts';
import { defineTexts, useTexts } from '../i18n/language.tsx';
import { billingQuery } from './billing-query.ts';
import { OriginNote } from './origin-note.tsx';
import { meQuery, useMay } from './session.ts';
import { useNow } from './use-now.ts';
import styles from './banners.module.css';

const texts = defineTexts(
  {
    trial: (days: string) => `Your trial ends ${days}. Nothing is deleted after it.`,
    over: 'Your trial is over: calls are refused, everything can still be read.',
    choose: 'Choose a plan',
    late: (day: string) => `A payment is missing. Your plan goes on until ${day}.`,
    unpaid: 'A payment is missing, so your plan is not in force. Nothing was deleted.',
    pay: 'To billing',
    visiting: (name: string) => `You are looking in on ${name} as staff. All you change is in their audit log.`,
  },
  {
    trial: (days: string) => `Ihre Testzeit endet ${days}. Gelöscht wird danach nichts.`,
    over: 'Ihre Testzeit ist vorbei: Aufrufe werden abgelehnt, lesen können Sie alles.',
    choose: 'Tarif wählen',
    late: (day: string) => `Eine Zahlung fehlt. Ihr Tarif gilt noch bis ${day}.`,
    unpaid: 'Eine Zahlung fehlt, deshalb gilt Ihr Tarif nicht. Gelöscht wurde nichts.',
    pay: 'Zur Abrechnung',
    visiting: (name: string) =>
      `Sie schauen als Betreiber bei ${name} hinein. Alles, was Sie ändern, steht dort im Protokoll.`,
  },
);

/** So often it is asked whether trial or payment stand otherwise. */
const refetchInterval = 60_000;
const clockStepMs = 10_000;

function Trial({ end }: { readonly end: string }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const mayChoose = useMay()('billing:read');
  const isOver = new Date(end).getTime() <= useNow(clockStepMs);
  return (
    <p className={isOver ? styles['over'] : styles['trial']}>
      {isOver ? text.over : text.trial(formats.relative(end))}{' '}
      {mayChoose ? <Link to="/billing">{text.choose}</Link> : null}
    </p>
  );
}

/** For those who look after money: a payment that is late. The page about money says it by itself. */
function Payment() {
  const text = useTexts(texts);
  const formats = useFormats();
  const { data } = useQuery({ ...billingQuery, staleTime: refetchInterval, refetchInterval });
  const isThere = useRouterState({ select: ({ location }) => location.pathname === '/billing' });
  const { status, grace_ends_at: end } = data?.subscription ?? {};
  if (isThere || (status !== 'past_due' && status !== 'unpaid')) return null;
  return (
    <p className={styles['over']}>
      {status === 'past_due' && typeof end === 'string' ? text.late(formats.date(end)) : text.unpaid}{' '}
      <Link to="/billing">{text.pay}</Link>
    </p>
  );
}

/** What somebody should know wherever he is. */
export function Banners() {
  const text = useTexts(texts);
  const { data: me } = useSuspenseQuery({ ...meQuery, refetchInterval });
  const may = useMay();
  const current = me.organizations.find(({ id }) => id === me.organization);
  const end = current?.trial_ends_at ?? null;
  return (
    <>
      <OriginNote />
      {me.visiting ? <p className={styles['visit']}>{text.visiting(current?.name ?? '')}</p> : null}
      {end === null ? null : <Trial end={end} />}
      {may('billing:read') ? <Payment /> : null}
    </>
  );
}
