import { Hourglass } from 'lucide-react';
import { useOrganization } from '../api/account.ts';
import { useFormats } from '../i18n/formats.ts';
import { useTexts } from '../i18n/texts.ts';
import { useNow } from '../ui/use-now.ts';
import { shellTexts } from './shell-texts.ts';
import { plansPath } from './plans-path.ts';
import styles from './banner.module.css';

const dayMs = 86_400_000;
/** Before that, a banner on every page would only be in the way; the start page tells how long it is. */
const shownDays = 7;

/** Says when the trial ends, from a week before on. */
export function TrialBanner() {
  const texts = useTexts(shellTexts);
  const formats = useFormats();
  const { trial_ends_at: end } = useOrganization();
  const now = useNow();
  if (end === null) return null;
  const days = Math.ceil((Date.parse(end) - now) / dayMs);
  if (days > shownDays) return null;
  const when =
    days === 0 ? texts.trialToday : days === 1 ? texts.trialDays.one : texts.trialDays.more(formats.number(days));
  return (
    <div className={styles.banner}>
      <Hourglass aria-hidden="true" />
      <p>{days < 0 ? texts.trialOver : texts.trial(when)}</p>
      <a href={plansPath()}>{texts.plans}</a>
    </div>
  );
}
