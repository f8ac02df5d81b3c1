import { isDocumentUrl } from './client-documents.ts';
import { plainClientName } from './client-name.ts';

/** What people are told of an application. */
export interface ClientIdentity {
  readonly id: string;
  readonly name: string;
  /** The host that published its metadata; null: it registered itself, and its name is a claim. */
  readonly verifiedHost: string | null;
  readonly uri: string | null;
  readonly policyUri: string | null;
  readonly termsUri: string | null;
}

/** A link that may be shown: what an application names could also be a script. */
function safeLink(link: unknown): string | null {
  if (typeof link !== 'string' || !URL.canParse(link)) return null;
  return new URL(link).protocol === 'https:' ? link : null;
}

export function clientIdentity(client: {
  readonly id: string;
  readonly name: unknown;
  readonly uri: unknown;
  readonly policy: unknown;
  readonly terms: unknown;
}): ClientIdentity {
  const { id } = client;
  const verifiedHost = isDocumentUrl(id) ? new URL(id).host : null;
  return {
    id,
    name: plainClientName(client.name, verifiedHost ?? id),
    verifiedHost,
    uri: safeLink(client.uri),
    policyUri: safeLink(client.policy),
    termsUri: safeLink(client.terms),
  };
}

/** Where an answer goes, as a person can judge it. */
export function redirectTarget(redirectUri: string): { readonly host: string; readonly isDevice: boolean } {
  if (!URL.canParse(redirectUri)) return { host: '', isDevice: false };
  const { protocol, host, hostname } = new URL(redirectUri);
  if (protocol === 'https:') return { host, isDevice: false };
  if (protocol === 'http:') return { host: hostname, isDevice: true };
  return { host: protocol, isDevice: true };
}
