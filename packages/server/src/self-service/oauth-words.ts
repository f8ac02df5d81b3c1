import type { Scope } from '../keys/key.ts';

export type PageLanguage = 'de' | 'en';

export function pageLanguage(acceptLanguage: string | null): PageLanguage {
  return /^\s*de\b/i.test(acceptLanguage ?? '') ? 'de' : 'en';
}

/** What a scope lets an application do, for people. */
export const scopeWords: Readonly<Record<PageLanguage, Readonly<Record<Scope, string>>>> = {
  en: {
    chat: 'Call language models in your name; what it uses counts against your plan',
    models: 'See which models you may use',
    embeddings: 'Turn texts into vectors; what it uses counts against your plan',
    files: 'Read, store and delete your files, and run batches',
    provider_keys: 'Replace and delete your own keys for model providers',
  },
  de: {
    chat: 'Sprachmodelle in Ihrem Namen aufrufen; der Verbrauch zählt zu Ihrem Tarif',
    models: 'Sehen, welche Modelle Sie nutzen dürfen',
    embeddings: 'Texte in Vektoren umrechnen; der Verbrauch zählt zu Ihrem Tarif',
    files: 'Ihre Dateien lesen, ablegen und löschen sowie Stapel ausführen',
    provider_keys: 'Ihre eigenen Schlüssel bei Modellanbietern ersetzen und löschen',
  },
};

interface Words {
  readonly consentTitle: (client: string) => string;
  readonly wants: (client: string, brand: string) => string;
  readonly verified: (host: string) => string;
  readonly unverified: string;
  readonly sendsTo: (host: string) => string;
  readonly sendsToDevice: (host: string) => string;
  readonly may: string;
  readonly offline: string;
  readonly organization: string;
  readonly notInRole: string;
  readonly approve: string;
  readonly deny: string;
  readonly signedInAs: (email: string) => string;
  readonly nothingToGive: string;
  readonly policy: string;
  readonly terms: string;
  readonly withdraw: string;
  readonly signInTitle: string;
  readonly signInFor: (client: string) => string;
  readonly email: string;
  readonly password: string;
  readonly code: string;
  readonly signIn: string;
  readonly signInWith: (name: string) => string;
  readonly noAccount: string;
  readonly otherWays: string;
  readonly forgot: string;
  readonly continueTo: (name: string) => string;
  readonly wrongCredentials: string;
  readonly wrongCode: string;
  readonly unverifiedMail: string;
  readonly tooMany: string;
  readonly errorTitle: string;
  readonly errorLead: string;
}

export const pageWords: Readonly<Record<PageLanguage, Words>> = {
  en: {
    consentTitle: (client) => `Let ${client} in?`,
    wants: (client, brand) => `${client} asks to act for you at ${brand}.`,
    verified: (host) => `Published by ${host}`,
    unverified:
      'This application registered itself: its name is not verified. Continue only if you have just started this yourself.',
    sendsTo: (host) => `If you allow it, you are sent on to ${host}.`,
    sendsToDevice: (host) => `If you allow it, an application on this device receives the access (${host}).`,
    may: 'It may then',
    offline: 'Stay connected until you withdraw the access',
    organization: 'For which organisation?',
    notInRole: 'your role does not allow this',
    approve: 'Allow',
    deny: 'Deny',
    signedInAs: (email) => `Signed in as ${email}`,
    nothingToGive: 'Your role allows none of what is asked for. Ask an owner of the organisation.',
    policy: 'Its privacy policy',
    terms: 'Its terms',
    withdraw: 'You can withdraw this at any time under Applications in your account.',
    signInTitle: 'Sign in',
    signInFor: (client) => `Sign in to go on to ${client}.`,
    email: 'Email',
    password: 'Password',
    code: 'Code of your authenticator app',
    signIn: 'Sign in',
    signInWith: (name) => `Sign in with ${name}`,
    noAccount: 'No account yet? Create one',
    otherWays: 'Sign in with a passkey or a backup code',
    forgot: 'Forgot your password?',
    continueTo: (name) => `Continue to ${name}`,
    wrongCredentials: 'Email or password is wrong.',
    wrongCode: 'The code is wrong or no longer good.',
    unverifiedMail: 'Confirm your address first: we have sent you the link.',
    tooMany: 'Too many attempts. Wait a minute.',
    errorTitle: 'This did not work',
    errorLead: 'Go back to the application and start again. If it happens once more, tell the people who make it.',
  },
  de: {
    consentTitle: (client) => `${client} Zugriff geben?`,
    wants: (client, brand) => `${client} möchte bei ${brand} für Sie handeln.`,
    verified: (host) => `Veröffentlicht von ${host}`,
    unverified:
      'Diese Anwendung hat sich selbst angemeldet: Ihr Name ist nicht geprüft. Fahren Sie nur fort, wenn Sie dies gerade selbst begonnen haben.',
    sendsTo: (host) => `Wenn Sie zustimmen, geht es weiter zu ${host}.`,
    sendsToDevice: (host) => `Wenn Sie zustimmen, erhält eine Anwendung auf diesem Gerät den Zugriff (${host}).`,
    may: 'Sie darf dann',
    offline: 'Verbunden bleiben, bis Sie den Zugriff zurücknehmen',
    organization: 'Für welche Organisation?',
    notInRole: 'Ihre Rolle erlaubt das nicht',
    approve: 'Erlauben',
    deny: 'Ablehnen',
    signedInAs: (email) => `Angemeldet als ${email}`,
    nothingToGive:
      'Ihre Rolle erlaubt nichts von dem, was verlangt wird. Fragen Sie einen Eigentümer der Organisation.',
    policy: 'Datenschutzerklärung der Anwendung',
    terms: 'Bedingungen der Anwendung',
    withdraw: 'Sie können dies jederzeit in Ihrem Konto unter Anwendungen zurücknehmen.',
    signInTitle: 'Anmelden',
    signInFor: (client) => `Melden Sie sich an, um zu ${client} weiterzugehen.`,
    email: 'E-Mail',
    password: 'Passwort',
    code: 'Code Ihrer Authenticator-App',
    signIn: 'Anmelden',
    signInWith: (name) => `Mit ${name} anmelden`,
    noAccount: 'Noch kein Konto? Anlegen',
    otherWays: 'Mit Passkey oder Ersatzcode anmelden',
    forgot: 'Passwort vergessen?',
    continueTo: (name) => `Weiter zu ${name}`,
    wrongCredentials: 'E-Mail oder Passwort ist falsch.',
    wrongCode: 'Der Code ist falsch oder nicht mehr gültig.',
    unverifiedMail: 'Bestätigen Sie zuerst Ihre Adresse: Wir haben Ihnen den Link geschickt.',
    tooMany: 'Zu viele Versuche. Warten Sie eine Minute.',
    errorTitle: 'Das hat nicht geklappt',
    errorLead:
      'Gehen Sie zur Anwendung zurück und beginnen Sie von vorn. Hilft das nicht, wenden Sie sich an ihre Hersteller.',
  },
};
