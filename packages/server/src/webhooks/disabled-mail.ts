import type { MailText } from '../mail/tenant-mails.ts';

export type DisabledReason = 'gone' | 'failing';

/** The mail about an endpoint that the platform has disabled, in German and English. */
export function disabledMail(about: {
  readonly reason: DisabledReason;
  readonly url: string;
  readonly brandName: string;
  readonly consoleUrl: string;
}): MailText {
  const { reason, url, brandName, consoleUrl } = about;
  const isGone = reason === 'gone';
  return {
    subject: `${brandName}: Webhook abgeschaltet / webhook disabled`,
    text: [
      isGone
        ? 'dieser Webhook hat mit 410 (Gone) geantwortet und wurde deshalb abgeschaltet:'
        : 'diesen Webhook hat seit etwa drei Tagen kein Ereignis mehr erreicht; er wurde deshalb abgeschaltet:',
      url,
      'Was noch wartet, wird gesendet, sobald Sie ihn wieder einschalten:',
      consoleUrl,
      isGone
        ? 'this webhook answered with 410 (Gone) and was disabled for that:'
        : 'no event has reached this webhook for about three days; it was disabled for that:',
      url,
      'What still waits is sent as soon as you enable it again:',
      consoleUrl,
      brandName,
    ].join('\n\n'),
  };
}
