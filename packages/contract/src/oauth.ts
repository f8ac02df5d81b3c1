import { z } from 'zod';
import { scope } from './admin.ts';

/** Of a request for consent: the query that the authorization server signed, as it stands in the page's address. */
const oauthQuery = z
  .string()
  .min(1)
  .max(16_000)
  .describe('The query of the page of consent, as the authorization server wrote it');

const client = z.object({
  id: z.string(),
  name: z.string().describe('As the application calls itself'),
  verified_host: z
    .string()
    .nullable()
    .describe(
      'The host that published the application’s metadata; null: it registered itself, and its name is a claim',
    ),
  uri: z.string().nullable(),
  policy_uri: z.string().nullable(),
  terms_uri: z.string().nullable(),
});

export const authorizationQuery = z.object({ oauth_query: oauthQuery });

export const authorizationRequest = z
  .object({
    client,
    redirect_host: z.string().describe('Where the answer goes: a host, this device, or an app’s own scheme'),
    redirects_to_device: z.boolean(),
    scopes: z.array(z.object({ name: scope, description: z.string() })),
    offline: z.boolean().describe('It asks to stay connected until access is withdrawn'),
    organizations: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        role: z.string(),
        scopes: z.array(scope).describe('Those of the request that the person may give in this organisation'),
      }),
    ),
    resources: z.array(z.string()),
  })
  .meta({ id: 'AuthorizationRequest' });

export const authorizationDecision = z
  .strictObject({
    oauth_query: oauthQuery,
    decision: z.enum(['approve', 'deny']),
    organization: z.string().max(128).optional().describe('For whom; required to approve'),
    scopes: z.array(scope).max(10).optional().describe('What is given of what was asked; absent: all of it'),
  })
  .meta({ id: 'AuthorizationDecision' });

export const authorizationAnswer = z
  .object({ redirect_to: z.string().describe('Where the browser must go now') })
  .meta({ id: 'AuthorizationAnswer' });

export const application = z
  .object({
    id: z.string().describe('As the ledger names it too'),
    client,
    organization: z.object({ id: z.string(), name: z.string() }),
    scopes: z.array(z.string()),
    granted_at: z.string(),
    last_token_at: z.string().nullable(),
  })
  .meta({ id: 'Application' });

export const signInOptions = z
  .object({
    password: z.boolean(),
    passkey: z.boolean(),
    providers: z
      .array(z.object({ id: z.string(), name: z.string() }))
      .describe('OpenID providers: POST /auth/sign-in/social with {"provider": id, "callbackURL": …}'),
  })
  .meta({ id: 'SignInOptions' });
