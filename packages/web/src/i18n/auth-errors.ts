import type { Language } from './language.tsx';

/** What the codes of /auth mean to a person. The server's own sentences are English and brief. */
const known: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  INVALID_EMAIL_OR_PASSWORD: {
    en: 'Address or password is wrong. Check both, or set a new password.',
    de: 'Adresse oder Passwort stimmt nicht. Prüfen Sie beides, oder setzen Sie ein neues Passwort.',
  },
  INVALID_PASSWORD: { en: 'The password is wrong.', de: 'Das Passwort stimmt nicht.' },
  INVALID_EMAIL: { en: 'This is not a mail address.', de: 'Das ist keine Mailadresse.' },
  EMAIL_NOT_VERIFIED: {
    en: 'Your address is not confirmed yet. We have just sent you a new link.',
    de: 'Ihre Adresse ist noch nicht bestätigt. Wir haben Ihnen gerade einen neuen Link geschickt.',
  },
  PASSWORD_TOO_SHORT: {
    en: 'The password is too short: take at least ten characters.',
    de: 'Das Passwort ist zu kurz: Nehmen Sie mindestens zehn Zeichen.',
  },
  PASSWORD_TOO_LONG: {
    en: 'The password is too long: take at most 200 characters.',
    de: 'Das Passwort ist zu lang: Nehmen Sie höchstens 200 Zeichen.',
  },
  PASSWORD_TOO_COMMON: {
    en: 'This password is among those that are guessed first. Choose a longer one of your own, such as a sentence.',
    de: 'Dieses Passwort wird als eines der ersten erraten. Wählen Sie ein längeres eigenes, etwa einen Satz.',
  },
  INVALID_TOKEN: {
    en: 'This link is used up or too old. Ask for a new one.',
    de: 'Dieser Link ist verbraucht oder zu alt. Fordern Sie einen neuen an.',
  },
  TOKEN_EXPIRED: {
    en: 'This link is too old. Ask for a new one.',
    de: 'Dieser Link ist zu alt. Fordern Sie einen neuen an.',
  },
  INVALID_CODE: {
    en: 'The code is wrong or has just expired. Type the one that is shown now.',
    de: 'Der Code stimmt nicht oder ist gerade abgelaufen. Geben Sie den ein, der jetzt angezeigt wird.',
  },
  INVALID_BACKUP_CODE: {
    en: 'This backup code is wrong or was used before.',
    de: 'Dieser Ersatzcode stimmt nicht oder wurde schon benutzt.',
  },
  INVALID_TWO_FACTOR_COOKIE: {
    en: 'Signing in took too long. Begin again with your password.',
    de: 'Die Anmeldung hat zu lange gedauert. Beginnen Sie noch einmal mit dem Passwort.',
  },
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: {
    en: 'Too many wrong codes. Begin again with your password.',
    de: 'Zu viele falsche Codes. Beginnen Sie noch einmal mit dem Passwort.',
  },
  SESSION_NOT_FRESH: {
    en: 'For this you must have signed in within the last hour. Sign out, sign in again and repeat it.',
    de: 'Dafür müssen Sie sich in der letzten Stunde angemeldet haben. Melden Sie sich ab und wieder an, dann noch einmal.',
  },
  SESSION_EXPIRED: {
    en: 'For this you must have signed in within the last hour. Sign out, sign in again and repeat it.',
    de: 'Dafür müssen Sie sich in der letzten Stunde angemeldet haben. Melden Sie sich ab und wieder an, dann noch einmal.',
  },
  LAST_OWNER: {
    en: 'An organisation with other members would have no owner. Under Members make somebody else an owner first.',
    de: 'Eine Organisation mit weiteren Mitgliedern hätte keinen Eigentümer mehr. Machen Sie erst unter „Mitglieder“ jemand anderen dazu.',
  },
  SUBSCRIPTION_RUNNING: {
    en: 'Your organisation’s subscription goes on. Cancel it under Billing first.',
    de: 'Das Abonnement Ihrer Organisation läuft noch. Kündigen Sie es erst unter „Abrechnung“.',
  },
  EMAIL_IS_THE_SAME: { en: 'This is your address already.', de: 'Das ist schon Ihre Adresse.' },
  AUTHENTICATION_FAILED: {
    en: 'The passkey was not recognised. Try another, or use your password.',
    de: 'Der Passkey wurde nicht erkannt. Versuchen Sie einen anderen oder Ihr Passwort.',
  },
  PASSKEY_NOT_FOUND: {
    en: 'There is no account with this passkey here. Try another, or use your password.',
    de: 'Zu diesem Passkey gibt es hier kein Konto. Versuchen Sie einen anderen oder Ihr Passwort.',
  },
  PASSKEY_CANCELLED: {
    en: 'The browser ended it without a passkey. Try again when you are ready.',
    de: 'Der Browser hat ohne Passkey abgebrochen. Versuchen Sie es noch einmal, wenn Sie so weit sind.',
  },
  INVITATION_NOT_FOUND: {
    en: 'This invitation is used up, withdrawn or older than seven days. Ask for a new one.',
    de: 'Diese Einladung ist verbraucht, zurückgenommen oder älter als sieben Tage. Bitten Sie um eine neue.',
  },
  YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION: {
    en: 'This invitation was sent to another address. Sign in with that one.',
    de: 'Diese Einladung ging an eine andere Adresse. Melden Sie sich mit jener an.',
  },
};

/** undefined: say what the server said. */
export function authErrorText(code: string, language: Language): string | undefined {
  return known[code]?.[language];
}
