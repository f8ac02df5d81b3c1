import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

export interface OidcUser {
  readonly sub: string;
  readonly email: string;
  readonly email_verified: boolean | string;
  readonly name: string;
}

/** A small OpenID provider over HTTP: whoever comes is signed in as `user`, with a real signature. */
export interface OidcServer {
  readonly issuer: string;
  user: OidcUser;
  /** What its metadata call it; another one than it is, is a fault. */
  claimedIssuer: string;
  readonly close: () => void;
}

export const oidcClient = { client_id: 'turnpike-e2e', client_secret: 'a secret of the provider' } as const;

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startOidcServer(): Promise<OidcServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' };
  const asked = new Map<string, URLSearchParams>();
  const server = createServer((request, response) => {
    const json = (value: object, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    const { pathname, searchParams } = new URL(request.url ?? '/', state.issuer);
    const answer = async (): Promise<void> => {
      if (pathname === '/.well-known/openid-configuration') {
        json({
          issuer: state.claimedIssuer,
          authorization_endpoint: `${state.issuer}/authorize`,
          token_endpoint: `${state.issuer}/token`,
          userinfo_endpoint: `${state.issuer}/userinfo`,
          jwks_uri: `${state.issuer}/jwks`,
          id_token_signing_alg_values_supported: ['RS256'],
        });
      } else if (pathname === '/jwks') json({ keys: [key] });
      else if (pathname === '/authorize') {
        const code = randomBytes(16).toString('hex');
        asked.set(code, searchParams);
        const back = new URL(searchParams.get('redirect_uri') ?? '');
        back.searchParams.set('code', code);
        back.searchParams.set('state', searchParams.get('state') ?? '');
        response.writeHead(302, { location: back.href }).end();
      } else if (pathname === '/token') {
        const form = await bodyOf(request);
        const code = form.get('code') ?? '';
        const request1 = asked.get(code);
        asked.delete(code);
        const challenge = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        const isRight =
          request1?.get('code_challenge') === challenge && form.get('client_secret') === oidcClient.client_secret;
        if (!isRight) {
          json({ error: 'invalid_grant' }, 400);
          return;
        }
        const now = Math.floor(Date.now() / 1000);
        const claims = { ...state.user, iss: state.issuer, aud: oidcClient.client_id, iat: now, exp: now + 300 };
        const nonce = request1.get('nonce');
        const text = `${encode({ alg: 'RS256', kid: 'one' })}.${encode({ ...claims, ...(nonce === null ? {} : { nonce }) })}`;
        const signature = sign('sha256', Buffer.from(text), privateKey).toString('base64url');
        json({ access_token: code, token_type: 'Bearer', expires_in: 300, id_token: `${text}.${signature}` });
      } else json({ error: 'not_found' }, 404);
    };
    void answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const state = {
    issuer,
    claimedIssuer: issuer,
    user: { sub: '1', email: 'ida@example.com', email_verified: true, name: 'Ida' } as OidcUser,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return state;
}
