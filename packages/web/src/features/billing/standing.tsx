import { useMutation } from '@tanstack/react-query';
import { api, done } from '../../api/client.ts';
import type { Billing } from '../../app/billing-query.ts';
import { useMay } from '../../app/session.ts';
import { useNow } from '../../app/use-now.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, Figure, Figures } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Contact } from './contact.tsx';
import { texts } from './texts.ts';
import styles from './page.module.css';

/** A page of the payment provider's is gone to. */
export const leaveFor = ({ url }: { readonly url: string }) => window.location.assign(url);

/** When what is now ends, is renewed or was over. */
function NextDate({ billing: { subscription, trial_ends_at: trialEnd } }: { readonly billing: Billing }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const now = useNow();
  const { status, cancel_at: cancelAt, current_period_end: periodEnd } = subscription;
  if (trialEnd !== null) {
    const isOver = new Date(trialEnd).getTime() <= now;
    return <Figure label={isOver ? text.trialEnded : text.trialEnds} value={formats.date(trialEnd)} />;
  }
  if (cancelAt !== null) return <Figure label={text.endsOn} value={formats.date(cancelAt)} />;
  if (periodEnd === null || (status !== 'active' && status !== 'trialing')) return null;
  return <Figure label={status === 'trialing' ? text.firstPayment : text.renewed} value={formats.date(periodEnd)} />;
}

function Notes({ billing }: { readonly billing: Billing }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const { subscription, overage } = billing;
  return (
    <>
      {subscription.grace_ends_at === null ? null : (
        <p className={styles['late']}>{text.grace(formats.date(subscription.grace_ends_at))}</p>
      )}
      {subscription.status === 'unpaid' ? <p className={styles['late']}>{text.unpaidNote}</p> : null}
      {subscription.cancel_at === null ? null : <p>{text.ends(formats.date(subscription.cancel_at))}</p>}
      {overage === null ? null : (
        <p>
          {overage.cost === null
            ? text.overageFree(formats.count(overage.tokens))
            : text.overage(formats.count(overage.tokens), formats.money(overage.cost, overage.currency))}
        </p>
      )}
      {billing.can_pay_online ? null : (
        <p>
          {text.byHand}{' '}
          {billing.contact === null ? (
            text.askProvider
          ) : (
            <>
              {text.writeTo} <Contact contact={billing.contact} />
            </>
          )}
        </p>
      )}
    </>
  );
}

/** The plan as it is now, until when, and the way to the payment provider. */
export function Standing({ billing }: { readonly billing: Billing }) {
  const text = useTexts(texts);
  const mayPay = useMay()('billing:write');
  const portal = useMutation({ mutationFn: () => done(api.POST('/account/v1/billing/portal')), onSuccess: leaveFor });
  const { status } = billing.subscription;
  return (
    <Card
      title={text.standing}
      action={
        billing.can_open_portal && mayPay ? (
          <Button isBusy={portal.isPending} onClick={() => portal.mutate()}>
            {text.portal}
          </Button>
        ) : undefined
      }
    >
      <Figures>
        <Figure label={text.plan} value={billing.plan?.title ?? billing.plan_id} />
        {billing.can_pay_online || status !== 'none' ? <Figure label={text.subscription} value={text[status]} /> : null}
        <NextDate billing={billing} />
      </Figures>
      <Notes billing={billing} />
      {portal.error === null ? null : <ErrorNote error={portal.error} />}
    </Card>
  );
}
