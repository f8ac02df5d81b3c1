import { z } from 'zod';
import { duration, nameSchema as name, networkList, positiveInteger } from './schema-basics.ts';

/* Sections of the configuration that stand by themselves. */

export const routingSection = z
  .strictObject({
    deadline_ms: duration
      .default(30_000)
      .describe('No new attempt begins so long after the first one; a running one goes on'),
    attempts_per_target: positiveInteger
      .default(2)
      .describe('Tries of one target at most; another target is asked first'),
    backoff_ms: duration.default(200).describe('First pause between tries; doubled each time, with jitter'),
    max_backoff_ms: duration.default(4_000),
    breaker: z
      .strictObject({
        failures: positiveInteger.default(5).describe('Failures in a row that open the circuit of a target'),
        open_ms: duration.default(10_000).describe('How long an open circuit lets nothing through'),
        probes: positiveInteger.default(1).describe('Calls let through at once to try a half-open circuit'),
      })
      .prefault({}),
  })
  .prefault({});

export const filesSection = z
  .strictObject({
    max_file_bytes: positiveInteger.default(512 * 1024 * 1024),
    max_tenant_bytes: positiveInteger.default(10 * 1024 * 1024 * 1024).describe('All files of a tenant together'),
    upload_timeout_ms: duration.default(30 * 60_000).describe('How long one upload may take'),
    s3: z
      .strictObject({
        bucket: z.string().min(1),
        endpoint: z.url().optional().describe('Of an S3-compatible server; absent: Amazon’s'),
        region: z.string().default('us-east-1'),
        access_key_id: z.string().min(1),
        secret_access_key: z.string().min(1),
        prefix: z.string().default('turnpike/'),
        force_path_style: z.boolean().default(true),
      })
      .optional()
      .describe('Keep files in a bucket; absent: in DATA_DIR/files'),
  })
  .prefault({});

export const batchesSection = z
  .strictObject({
    price_factor: z.number().min(0).max(1).default(0.5).describe('Price of a batched call as part of the usual one'),
    max_requests: positiveInteger.default(50_000),
    max_file_bytes: positiveInteger.default(200 * 1024 * 1024),
    concurrency: positiveInteger.default(8).describe('Calls of one batch in flight at once'),
    completion_window_hours: positiveInteger.default(24),
  })
  .prefault({});

export const responsesSection = z
  .strictObject({
    retention_days: positiveInteger.default(30).describe('Stored responses older than this are dropped'),
    max_stored_bytes: positiveInteger.default(4 * 1024 * 1024),
  })
  .prefault({});

export const accountsSection = z
  .strictObject({
    staff: z
      .array(z.email())
      .default([])
      .describe('Addresses of the vendor’s own people: once confirmed, they run the place in the console'),
    throttle: z.boolean().default(true).describe('Bound attempts at sign-up, sign-in and the like by address'),
    oauth: z
      .strictObject({
        access_token_minutes: positiveInteger.max(1_440).default(60).describe('How long an access token is good'),
        refresh_token_days: positiveInteger.max(365).default(30).describe('How long a refresh token is good unused'),
        registration: z
          .boolean()
          .default(true)
          .describe('Applications may register themselves (RFC 7591); without it they need a metadata document'),
        allowed_networks: z
          .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
          .default([])
          .describe('Private addresses from which metadata documents of applications may be fetched all the same'),
      })
      .prefault({})
      .describe('The authorization server for applications that act for people'),
    oidc: z
      .array(
        z.strictObject({
          id: z
            .string()
            .regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
            .describe('In addresses: small letters, digits and -'),
          name: z.string().min(1).max(60).describe('As people read it: Sign in with …'),
          issuer: z.url({ protocol: /^https?$/ }).describe('Where /.well-known/openid-configuration is below'),
          client_id: z.string().min(1),
          client_secret: z.string().min(1),
          scopes: z.array(z.string().min(1)).default(['openid', 'email', 'profile']),
        }),
      )
      .refine((providers) => new Set(providers.map(({ id }) => id)).size === providers.length, {
        error: 'providers with ids that differ',
      })
      .default([])
      .describe('OpenID providers by which people may sign in; only mail addresses they have confirmed are taken'),
  })
  .prefault({});

export const hubSection = z
  .strictObject({
    answer_model: name
      .optional()
      .describe('The model that writes answers from what was found; absent: what was found is quoted'),
    embedding_model: name
      .optional()
      .describe('The model that finds pages by meaning, beside their words; needs pgvector in a database of your own'),
    embedding_likeness: z
      .number()
      .min(0)
      .max(1)
      .default(0.35)
      .describe('Pages whose cosine to the question is below are about something else'),
    asks_per_hour: positiveInteger.default(60).describe('Questions to /api/ask.php from one address'),
    content_signals: z
      .strictObject({
        search: z.boolean().default(true).describe('Pages may be found by search engines'),
        ai_input: z.boolean().default(true).describe('Pages may be read by models to answer a question'),
        ai_train: z.boolean().default(false).describe('Pages may be used to train models'),
      })
      .prefault({})
      .describe('What robots.txt tells crawlers'),
    mcp_requests_per_hour: positiveInteger.default(600).describe('MCP messages without a key from one address'),
    jobs_per_hour: positiveInteger.default(30).describe('Jobs ordered without a key from one address'),
    chats_per_hour: positiveInteger.default(20).describe('Messages to the public chat from one address'),
    allowed_origins: z
      .array(z.string())
      .default([])
      .describe('Web origins that may use the public chat, beside this server’s own'),
  })
  .prefault({});

export const responseCacheSection = z
  .strictObject({
    max_age_seconds: positiveInteger.default(86_400).describe('Longest age a request or key may ask for'),
    max_entry_bytes: positiveInteger.default(1024 * 1024),
    max_tenant_entries: positiveInteger.default(10_000),
  })
  .prefault({});

export const webhooksSection = z
  .strictObject({
    allowed_networks: networkList.describe(
      'Private networks that webhooks may be sent to, there by plain http too; all others that are not public are refused',
    ),
    timeout_ms: duration.default(15_000).describe('How long an endpoint may take for its answer'),
    retention_days: positiveInteger.default(30).describe('Events and how their deliveries went are forgotten after it'),
    max_endpoints: positiveInteger.default(20).describe('Webhooks of one organisation'),
    concurrency: positiveInteger.default(64).describe('Deliveries that one process sends at once'),
  })
  .prefault({});

export const alertsSection = z
  .strictObject({
    thresholds: z
      .array(z.int().min(1).max(100))
      .max(10)
      .default([50, 80, 100])
      .describe('Percent of a day’s or month’s tokens at which organisations are told, unless they choose themselves'),
    every_ms: duration.default(60_000).describe('How often it is looked whether a limit has been reached'),
  })
  .prefault({});
