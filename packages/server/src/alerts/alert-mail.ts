import { windowEnd } from '../limits/window.ts';
import { plainName } from '../mail/plain-name.ts';
import type { MailText } from '../mail/tenant-mails.ts';
import type { Alert } from './alert.ts';

/** The mail about a limit that is used up in part or whole, in German and English. */
export function alertMail(
  alert: Alert,
  threshold: number,
  { brandName, publicUrl }: { readonly brandName: string; readonly publicUrl: string },
): MailText {
  const { limit, used, windowStartMs, keyId } = alert;
  const isMonth = limit.window === 'month';
  const resetsAt = new Date(windowEnd(limit.window, windowStartMs)).toISOString().slice(0, 16).replace('T', ' ');
  const name = plainName(alert.keyName ?? keyId ?? alert.tenantName);
  const [usedDe, quotaDe] = [used, limit.quota].map((count) => count.toLocaleString('de-DE'));
  const [usedEn, quotaEn] = [used, limit.quota].map((count) => count.toLocaleString('en-US'));
  const url = `${publicUrl}/console/usage`;
  const isFull = threshold >= 100;
  return {
    subject: isMonth
      ? `${brandName}: ${threshold} % des Monats verbraucht / ${threshold}% of the month used`
      : `${brandName}: ${threshold} % des Tages verbraucht / ${threshold}% of the day used`,
    text: [
      `${keyId === null ? 'Ihre Organisation' : 'der Schlüssel'} „${name}“ hat ${usedDe} von ${quotaDe} Tokens ${isMonth ? 'des Monats' : 'des Tages'} verbraucht.`,
      isFull
        ? `Weitere Aufrufe werden bis ${resetsAt} UTC mit 429 beantwortet, es sei denn, Ihr Tarif rechnet Mehrverbrauch ab.`
        : `Um ${resetsAt} UTC beginnt das Kontingent von vorn.`,
      `Verbrauch, Tarif und diese Benachrichtigungen: ${url}`,
      `${keyId === null ? 'your organisation' : 'the key'} “${name}” has used ${usedEn} of ${quotaEn} tokens of the ${limit.window}.`,
      isFull
        ? `Further calls are answered with 429 until ${resetsAt} UTC, unless your plan bills what goes beyond.`
        : `The quota begins anew at ${resetsAt} UTC.`,
      `Usage, plan and these alerts: ${url}`,
      brandName,
    ].join('\n\n'),
  };
}
