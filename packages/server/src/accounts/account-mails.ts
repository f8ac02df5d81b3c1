import type { Mail } from '../mail/mailer.ts';
import { plainName } from '../mail/plain-name.ts';

export type MailLanguage = 'de' | 'en';

interface Wording {
  readonly subject: string;
  readonly lines: readonly string[];
}

export interface AccountMail {
  readonly kind: 'verify' | 'reset' | 'change' | 'invitation' | 'deletion' | 'closed';
  readonly to: string;
  readonly url: string;
  readonly language: MailLanguage;
  readonly brandName: string;
  /** Of the organisation and who invites to it, or closed it. */
  readonly organization?: string;
  readonly inviter?: string;
}

function plain(text: string | undefined): string {
  return plainName(text ?? '');
}

function german({ kind, brandName, url, organization, inviter }: AccountMail): Wording {
  switch (kind) {
    case 'verify':
      return {
        subject: `${brandName}: Adresse bestätigen`,
        lines: ['bitte bestätigen Sie Ihre Adresse mit diesem Link:', url, 'Er gilt eine Stunde.'],
      };
    case 'reset':
      return {
        subject: `${brandName}: neues Passwort`,
        lines: [
          'mit diesem Link setzen Sie ein neues Passwort:',
          url,
          'Er gilt eine Stunde. Waren Sie das nicht? Dann brauchen Sie nichts zu tun.',
        ],
      };
    case 'change':
      return {
        subject: `${brandName}: neue Adresse bestätigen`,
        lines: ['mit diesem Link bestätigen Sie die Änderung Ihrer Adresse:', url, 'Er gilt eine Stunde.'],
      };
    case 'deletion':
      return {
        subject: `${brandName}: Konto löschen`,
        lines: [
          'mit diesem Link löschen Sie Ihr Konto endgültig:',
          url,
          'Er gilt eine Stunde. Waren Sie das nicht? Dann ändern Sie bitte Ihr Passwort.',
        ],
      };
    case 'invitation':
      return {
        subject: `${brandName}: Einladung zu ${plain(organization)}`,
        lines: [
          `${plain(inviter)} lädt Sie zu ${plain(organization)} ein. Annehmen:`,
          url,
          'Die Einladung gilt sieben Tage.',
        ],
      };
    case 'closed':
      return {
        subject: `${brandName}: ${plain(organization)} wurde geschlossen`,
        lines: [
          `${plain(inviter)} hat ${plain(organization)} geschlossen.`,
          'Ihre Schlüssel gelten nicht mehr, ihre Inhalte sind gelöscht. Rechnungen bleiben so lange, wie das Gesetz es verlangt.',
          url,
        ],
      };
  }
}

function english({ kind, brandName, url, organization, inviter }: AccountMail): Wording {
  switch (kind) {
    case 'verify':
      return {
        subject: `${brandName}: confirm your address`,
        lines: ['please confirm your address with this link:', url, 'It is good for an hour.'],
      };
    case 'reset':
      return {
        subject: `${brandName}: new password`,
        lines: [
          'with this link you set a new password:',
          url,
          'It is good for an hour. If this was not you, there is nothing to do.',
        ],
      };
    case 'change':
      return {
        subject: `${brandName}: confirm your new address`,
        lines: ['with this link you confirm the change of your address:', url, 'It is good for an hour.'],
      };
    case 'deletion':
      return {
        subject: `${brandName}: delete your account`,
        lines: [
          'with this link you delete your account for good:',
          url,
          'It is good for an hour. If this was not you, please change your password.',
        ],
      };
    case 'invitation':
      return {
        subject: `${brandName}: invitation to ${plain(organization)}`,
        lines: [
          `${plain(inviter)} invites you to ${plain(organization)}. Accept:`,
          url,
          'The invitation is good for seven days.',
        ],
      };
    case 'closed':
      return {
        subject: `${brandName}: ${plain(organization)} was closed`,
        lines: [
          `${plain(inviter)} has closed ${plain(organization)}.`,
          'Its keys have ended and its content is erased. Bills are kept for as long as the law demands.',
          url,
        ],
      };
  }
}

/** @param messageId names this mail */
export function accountMail(mail: AccountMail, messageId: string): Mail {
  const isGerman = mail.language === 'de';
  const { subject, lines } = isGerman ? german(mail) : english(mail);
  const greeting = isGerman ? 'Guten Tag,' : 'Hello,';
  return { to: mail.to, subject, messageId, text: [greeting, ...lines, mail.brandName].join('\n\n') };
}
