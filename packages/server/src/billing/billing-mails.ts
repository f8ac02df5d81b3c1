import type { Mail } from '../mail/mailer.ts';

export type BillingMailKind = 'payment-failed' | 'grace-ending' | 'plan-changed';

export interface BillingMail {
  readonly id: string;
  readonly to: string;
  readonly kind: BillingMailKind;
  readonly details: Readonly<Record<string, string>>;
  readonly brandName: string;
  readonly publicUrl: string;
  readonly titleOf: (plan: string) => string;
}

interface Wording {
  readonly subject: string;
  readonly text: string;
}

function day(instant: string | undefined): string {
  return (instant ?? '').slice(0, 10);
}

function german({ kind, details, titleOf }: BillingMail): Wording {
  const title = (name: string) => titleOf(details[name] ?? '');
  const until = day(details['endsAt']);
  switch (kind) {
    case 'payment-failed':
      return {
        subject: 'Zahlung fehlgeschlagen',
        text: `die Zahlung für den Tarif ${title('plan')} ist fehlgeschlagen. Er gilt weiter bis ${until}; danach gilt ${title('nextPlan')}. Gelöscht wird nichts. Ihre Zahlungsart ändern Sie hier:`,
      };
    case 'grace-ending':
      return {
        subject: `Tarif endet am ${until}`,
        text: `die Zahlung für den Tarif ${title('plan')} fehlt noch. Am ${until} endet er, dann gilt ${title('nextPlan')}. Gelöscht wird nichts. Bezahlen können Sie hier:`,
      };
    case 'plan-changed':
      return {
        subject: `Tarif ${title('to')}`,
        text: `Ihr Tarif ist jetzt ${title('to')} (vorher ${title('from')})${details['reason'] === 'unpaid' ? ', weil eine Zahlung ausblieb' : ''}. Ihre Daten bleiben, wie sie sind; nur die Grenzen ändern sich. Näheres hier:`,
      };
  }
}

function english({ kind, details, titleOf }: BillingMail): Wording {
  const title = (name: string) => titleOf(details[name] ?? '');
  const until = day(details['endsAt']);
  switch (kind) {
    case 'payment-failed':
      return {
        subject: 'payment failed',
        text: `the payment for the plan ${title('plan')} failed. The plan goes on until ${until}; after that it is ${title('nextPlan')}. Nothing is deleted. Change how you pay here:`,
      };
    case 'grace-ending':
      return {
        subject: `plan ends on ${until}`,
        text: `the payment for the plan ${title('plan')} is still missing. The plan ends on ${until}, and then it is ${title('nextPlan')}. Nothing is deleted. Pay here:`,
      };
    case 'plan-changed':
      return {
        subject: `plan ${title('to')}`,
        text: `your plan is now ${title('to')} (it was ${title('from')})${details['reason'] === 'unpaid' ? ', because a payment is missing' : ''}. Your data stay as they are; only the limits change. More here:`,
      };
  }
}

/** A mail about money, in German and in English: which one its reader speaks is not known. */
export function billingMail(mail: BillingMail): Mail {
  const { id, to, brandName, publicUrl } = mail;
  const url = `${publicUrl}/console/billing`;
  const [de, en] = [german(mail), english(mail)];
  const receiver = to.replace(/[^A-Za-z0-9._-]+/g, '-');
  return {
    to,
    // The same for every attempt, so that a mail sent twice by a crash is one to the reader's program.
    messageId: `billing-${id.replace(/[^A-Za-z0-9._-]+/g, '-')}-${receiver}`,
    subject: `${brandName}: ${de.subject} / ${en.subject}`,
    text: [de.text, url, en.text, url, brandName].join('\n\n'),
  };
}
