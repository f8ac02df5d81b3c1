import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useFormats } from '../i18n/format.ts';
import { defineTexts, useTexts } from '../i18n/language.tsx';
import { OriginNote } from './origin-note.tsx';
import { useMe } from './session.ts';
import styles from './banners.module.css';

const texts = defineTexts(
  {
    trial: (days: string) => `Your trial ends ${days}. Nothing is deleted after it.`,
    over: 'Your trial is over: calls are refused, everything can still be read.',
    choose: 'Choose a plan',
    visiting: (name: string) => `You are looking in on ${name} as staff. All you change is in their audit log.`,
  },
  {
    trial: (days: string) => `Ihre Testzeit endet ${days}. Gelöscht wird danach nichts.`,
    over: 'Ihre Testzeit ist vorbei: Aufrufe werden abgelehnt, lesen können Sie alles.',
    choose: 'Tarif wählen',
    visiting: (name: string) =>
      `Sie schauen als Betreiber bei ${name} hinein. Alles, was Sie ändern, steht dort im Protokoll.`,
  },
);

/** What somebody should know wherever he is. */
export function Banners() {
  const text = useTexts(texts);
  const formats = useFormats();
  const me = useMe();
  const current = me.organizations.find(({ id }) => id === me.organization);
  const end = current?.trial_ends_at ?? null;
  const [openedAtMs] = useState(() => Date.now());
  const isOver = end !== null && new Date(end).getTime() <= openedAtMs;
  return (
    <>
      <OriginNote />
      {me.visiting ? <p className={styles['visit']}>{text.visiting(current?.name ?? '')}</p> : null}
      {end === null ? null : (
        <p className={isOver ? styles['over'] : styles['trial']}>
          {isOver ? text.over : text.trial(formats.relative(end))} <Link to="/billing">{text.choose}</Link>
        </p>
      )}
    </>
  );
}
