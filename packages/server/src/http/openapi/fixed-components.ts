import type { JsonSchema } from './schema-components.ts';

/** Headers a caller may send, by the name of their component. */
export const headerParameters = {
  ApiVersion: {
    name: 'API-Version',
    in: 'header',
    required: false,
    description: 'Dated contract to speak; default: the pin of the key, else the latest',
    schema: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}(-preview)?$' },
    example: '2026-05-18',
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'A retry with the same key and body gets the first answer again, for 24 hours',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{8,128}$' },
    example: '6f7b1f5c-9c4e-4a3a-9ec2-ef2c5e3a8e80',
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    required: false,
    description: 'Go on after this event of a recorded stream',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '41',
  },
} as const satisfies Record<string, JsonSchema>;

/** Parameters of every list that goes on page after page. */
export const pageParameters: Readonly<Record<string, { readonly component: string; readonly parameter: JsonSchema }>> =
  {
    after: {
      component: 'CursorParam',
      parameter: {
        name: 'after',
        in: 'query',
        required: false,
        description: 'Cursor of the previous page (pagination.cursor)',
        schema: { type: 'string', minLength: 1, maxLength: 512 },
      },
    },
    limit: {
      component: 'LimitParam',
      parameter: {
        name: 'limit',
        in: 'query',
        required: false,
        description: 'Page size',
        schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
      },
    },
  };

/** Headers of answers. */
export const responseHeaders = {
  'RateLimit-Limit': {
    description: 'Quota of the window that is nearest to its end, and its length in seconds',
    schema: { type: 'string' },
    example: '60;w=3600',
  },
  'RateLimit-Remaining': { description: 'What is left of it', schema: { type: 'integer' }, example: 47 },
  'RateLimit-Reset': { description: 'Seconds until it begins anew', schema: { type: 'integer' }, example: 1842 },
  'Retry-After': { description: 'Seconds to wait before a retry', schema: { type: 'integer' }, example: 42 },
} as const satisfies Record<string, JsonSchema>;

export const securitySchemes = {
  bearerAuth: { type: 'http', scheme: 'bearer', description: 'An API key of a tenant, or a token.' },
  oauth2: {
    type: 'oauth2',
    description: 'An access token that a person gave an application, for one organisation. PKCE by S256 is required.',
    flows: {
      authorizationCode: {
        authorizationUrl: '/auth/oauth2/authorize',
        tokenUrl: '/auth/oauth2/token',
        refreshUrl: '/auth/oauth2/token',
        scopes: {
          chat: 'Call language models',
          models: 'List models',
          embeddings: 'Turn texts into vectors',
          files: 'Keep files and run batches',
          provider_keys: 'Manage the organisation’s own keys for upstreams',
          offline_access: 'Be given a refresh token',
        },
      },
    },
  },
  adminToken: { type: 'http', scheme: 'bearer', description: 'The operator’s admin token.' },
  sessionCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'turnpike.session_token',
    description: 'The session of somebody who has signed in at the console.',
  },
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of `GET /auth/token`, good for fifteen minutes, or the session’s own token.',
  },
  hmacSessionToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Simo-Token',
    description: 'A token of the public chat: from `GET /api/chat-completion.php?action=token`.',
  },
  noAuth: {
    type: 'apiKey',
    in: 'header',
    name: 'X-No-Auth',
    description: 'Stands for no authentication: the endpoint is public, the header need not be sent.',
  },
} as const satisfies Record<string, JsonSchema>;

/** What the groups of operations are, in the order they are shown in. */
export const tagDescriptions: Readonly<Record<string, string>> = {
  openai: 'What OpenAI’s clients speak: chat, Responses, embeddings, files, batches, models.',
  anthropic: 'What Anthropic’s clients speak: Messages.',
  spycore: 'Chat and usage in SpyCore’s own form.',
  chat: 'Public questions and conversation: NLWeb’s ask and the public chat.',
  mcp: 'Model Context Protocol.',
  tools: 'Functions that models and agents may call.',
  jobs: 'Work that takes a while.',
  catalogues: 'What is offered beside the API.',
  discovery: 'What can be found here.',
  health: 'Is the service up?',
  webhooks: 'Events that others send here.',
  events: 'Events that are sent from here to your webhooks.',
  documentation: 'This API and its guide.',
  'provider keys': 'Keys of a tenant’s own for upstreams.',
  account: 'For people who have signed in.',
  admin: 'For the operator.',
};
