import {
  Client,
  StreamableHTTPClientTransport,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { createHash, randomBytes } from 'node:crypto';
import type { Browser } from './browser-session.ts';
import type { Turnpike } from './turnpike-process.ts';

export const redirectUri = 'http://127.0.0.1:9/callback';

/** What the official client keeps, in memory; instead of opening a browser it notes where that would go. */
export class MemoryProvider implements OAuthClientProvider {
  readonly redirectUrl = redirectUri;
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'Atlas Notes',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  };
  readonly clientMetadataUrl?: string;
  opened: URL | undefined;
  information: StoredOAuthClientInformation | undefined;
  stored: StoredOAuthTokens | undefined;
  #verifier = '';
  #discovery: OAuthDiscoveryState | undefined;

  constructor(clientMetadataUrl?: string) {
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl;
  }

  state(): string {
    return 'a state of the client';
  }
  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.information;
  }
  saveClientInformation(information: StoredOAuthClientInformation): void {
    this.information = information;
  }
  tokens(): StoredOAuthTokens | undefined {
    return this.stored;
  }
  saveTokens(tokens: StoredOAuthTokens): void {
    this.stored = tokens;
  }
  invalidateCredentials(): void {
    this.stored = undefined;
  }
  redirectToAuthorization(url: URL): void {
    this.opened = url;
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }
  codeVerifier(): string {
    return this.#verifier;
  }
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state;
  }
  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }
}

/** A connection of the official client that must sign in first. */
export function mcpConnection(turnpike: Turnpike, provider: OAuthClientProvider) {
  const client = new Client({ name: 'e2e', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const url = new URL(`${turnpike.url}/mcp?auth=required`);
  const transport = new StreamableHTTPClientTransport(url, { authProvider: provider });
  return { client, transport };
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** The fields a form of the page would send as it stands. */
export function formOf(page: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [tag] of page.matchAll(/<input [^>]*>/g)) {
    const attribute = (name: string) =>
      new RegExp(` ${name}="([^"]*)"`)
        .exec(tag)?.[1]
        ?.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (found) => entities[found] ?? '');
    const [name, type] = [attribute('name'), attribute('type')];
    const isOff = (type === 'checkbox' || type === 'radio') && !/ checked/.test(tag);
    if (name !== undefined && !isOff && !/ disabled/.test(tag)) fields.append(name, attribute('value') ?? '');
  }
  return fields;
}

/** From where a client sends the browser to the page of consent. */
export async function openConsent(
  browser: Browser,
  url: URL | string,
): Promise<{ readonly page: string; readonly at: string }> {
  const asked = await browser.send('GET', String(url));
  const at = asked.headers.get('location') ?? '';
  if (!at.includes('/oauth/consent?')) throw new Error(`no consent: ${asked.status} ${at} ${await asked.text()}`);
  const shown = await browser.send('GET', at);
  return { page: await shown.text(), at };
}

/** Lets the application in, as the form stands. @returns where the browser is sent */
export async function approve(
  browser: Browser,
  url: URL | string,
  change: (form: URLSearchParams) => void = () => undefined,
): Promise<URL> {
  const { page } = await openConsent(browser, url);
  const form = formOf(page);
  form.set('decision', 'approve');
  change(form);
  const answer = await browser.send('POST', '/oauth/consent', form);
  if (answer.status !== 303) throw new Error(`consent: ${answer.status} ${await answer.text()}`);
  return new URL(answer.headers.get('location') ?? '');
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly error?: string;
}

/** An application that speaks OAuth by hand, so that it can also do wrong. */
export class HandmadeClient {
  readonly turnpike: Turnpike;
  readonly id: string;
  readonly verifier = randomBytes(32).toString('base64url');

  private constructor(turnpike: Turnpike, id: string) {
    this.turnpike = turnpike;
    this.id = id;
  }

  static async register(turnpike: Turnpike, metadata: object = {}): Promise<HandmadeClient> {
    const body = {
      client_name: 'Handmade',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      ...metadata,
    };
    const response = await fetch(`${turnpike.url}/auth/oauth2/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { client_id: id } = (await response.json()) as { client_id?: string };
    if (id === undefined) throw new Error(`registration: ${response.status}`);
    return new HandmadeClient(turnpike, id);
  }

  /** The same under another id. */
  as(id: string): HandmadeClient {
    return new HandmadeClient(this.turnpike, id);
  }

  get challenge(): string {
    return createHash('sha256').update(this.verifier).digest('base64url');
  }

  authorizationUrl(change: Readonly<Record<string, string | undefined>> = {}): string {
    const url = new URL(`${this.turnpike.url}/auth/oauth2/authorize`);
    const parameters: Record<string, string | undefined> = {
      response_type: 'code',
      client_id: this.id,
      redirect_uri: redirectUri,
      scope: 'chat models offline_access',
      state: 'xyz',
      code_challenge: this.challenge,
      code_challenge_method: 'S256',
      resource: this.turnpike.url,
      ...change,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
    return url.toString();
  }

  async token(
    parameters: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: TokenAnswer }> {
    const response = await this.post('/auth/oauth2/token', parameters);
    return { status: response.status, body: (await response.json()) as TokenAnswer };
  }

  exchange(code: string, change: Readonly<Record<string, string>> = {}) {
    const usual = { grant_type: 'authorization_code', code, code_verifier: this.verifier, redirect_uri: redirectUri };
    return this.token({ ...usual, ...change });
  }

  refresh(token: string, change: Readonly<Record<string, string>> = {}) {
    return this.token({ grant_type: 'refresh_token', refresh_token: token, ...change });
  }

  post(path: string, parameters: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${this.turnpike.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: this.id, ...parameters }).toString(),
    });
  }

  /** The whole way: consent as the form stands, code, tokens. */
  async tokensFor(browser: Browser, change: Readonly<Record<string, string | undefined>> = {}): Promise<TokenAnswer> {
    const landed = await approve(browser, this.authorizationUrl(change));
    const { status, body } = await this.exchange(landed.searchParams.get('code') ?? '');
    if (status !== 200) throw new Error(`token: ${status} ${JSON.stringify(body)}`);
    return body;
  }
}
