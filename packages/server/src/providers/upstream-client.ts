import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import type { UpstreamConfig } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import type { EventTranslator } from './event-stream.ts';
import { isJsonObject } from './json.ts';
import type { JsonAnswer, JsonObject, StreamAnswer } from './provider.ts';
import { UpstreamResponse, type ResponseRules } from './upstream-response.ts';

/** What a provider that speaks HTTP is opened with: its name and part of the config, and what all share. */
export interface HttpProviderOptions {
  /** The upstream's name, for logs. */
  readonly name: string;
  readonly config: Partial<UpstreamConfig> & Pick<UpstreamConfig, 'headers' | 'connections'>;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
}

/** How one kind of upstream differs from another on the level of HTTP. */
export interface VendorHttp {
  /** Up to and including the version: paths are appended to it. */
  readonly baseUrl: string;
  /** How a key is shown. Lower-case header names. */
  readonly credentialHeaders: (credential: string) => Readonly<Record<string, string>>;
  /** Sent with every call unless the operator says otherwise. Lower-case header names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What an error status really means, where a vendor uses another one than its sense: 400 for a wrong key. */
  readonly statusOf?: (status: number, body: JsonObject | undefined) => number;
}

export interface UpstreamPost {
  /** Appended to the base URL; begins with `/` and may have a query of its own. */
  readonly path: string;
  readonly body: JsonObject;
  readonly requestId: string;
  readonly signal: AbortSignal;
  /** Used in place of the operator's key. */
  readonly credential?: string | undefined;
  /** Further headers of this call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface JsonPost extends UpstreamPost {
  /** Is this body what was asked for? If not, the answer is an UPSTREAM_ERROR. */
  readonly accepts: (body: JsonObject) => boolean;
}

export interface StreamPost extends UpstreamPost {
  /** Absent: events are given as they come. */
  readonly translator?: EventTranslator | undefined;
}

export interface UpstreamGet {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly credential?: string | undefined;
}

/**
 * HTTP to one upstream: what all kinds have in common. Everything it rejects with is an AppError (UPSTREAM_*,
 * overloaded) that names neither a credential nor what the upstream said of one.
 */
export interface UpstreamClient {
  /** Resolves with the whole answer. `body` and `text` are the upstream's own. */
  postJson(post: JsonPost): Promise<JsonAnswer>;
  /** Resolves at the head of an event stream; anything else with status 200 is an UPSTREAM_ERROR. */
  postStream(post: StreamPost): Promise<StreamAnswer>;
  getJson(get: UpstreamGet): Promise<JsonObject>;
  close(): Promise<void>;
}

/** Longer than any idle timeout that makes sense. */
const longestSilenceMs = 15 * 60_000;

/** Header names are compared without case: two spellings of one name would be sent as two headers. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A key with a line break or other such character in it cannot be sent, and was never one. */
function checkCredential(upstream: string, credential: string): void {
  if (/^[\x21-\x7e]+$/.test(credential)) return;
  throw new AppError('UPSTREAM_AUTH', 'The provider key has characters that no key has. Store it again.', {
    cause: new Error(`the key for upstream ${upstream} cannot be sent as a header`),
  });
}

function withQuery(path: string, query: string): string {
  if (query === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

function openPool(origin: string, options: HttpProviderOptions): Pool {
  return new Pool(origin, {
    connections: options.config.connections,
    pipelining: 1,
    connect: { timeout: options.connectTimeoutMs },
    headersTimeout: options.firstByteTimeoutMs,
    bodyTimeout: options.firstByteTimeoutMs,
  });
}

type HeadersFor = (credential: string | undefined) => Readonly<Record<string, string>>;

function headersOf({ name, config }: HttpProviderOptions, { headers, credentialHeaders }: VendorHttp): HeadersFor {
  const shared = { 'content-type': 'application/json', ...headers, ...lowerCased(config.headers) };
  // What an operator writes into `headers` has the last word, but not over a tenant's own key.
  const own = config.api_key === undefined ? shared : { ...credentialHeaders(config.api_key), ...shared };
  return (credential) => {
    if (credential === undefined) return own;
    checkCredential(name, credential);
    return { ...shared, ...credentialHeaders(credential) };
  };
}

/** Opens the pool of one upstream. Nothing is connected before the first call. */
export function createUpstreamClient(options: HttpProviderOptions, vendor: VendorHttp): UpstreamClient {
  const { name, config, clock, firstByteTimeoutMs } = options;
  const base = new URL(vendor.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const query = new URLSearchParams({ ...Object.fromEntries(base.searchParams), ...config.query }).toString();
  const pool = openPool(base.origin, options);
  const headersFor = headersOf(options, vendor);

  const dispatch = (method: 'GET' | 'POST', post: UpstreamPost | UpstreamGet, rules: ResponseRules) => {
    const headers: Record<string, string> = {
      ...headersFor(post.credential),
      accept: rules.kind === 'stream' ? 'text/event-stream' : 'application/json',
    };
    const path = withQuery(`${prefix}${post.path}`, query);
    // Silence inside a stream is judged by the relay; this only ends what never became a stream.
    const bodyTimeout = rules.kind === 'stream' ? longestSilenceMs : firstByteTimeoutMs;
    const handler = new UpstreamResponse({
      upstream: name,
      clock,
      statusOf: vendor.statusOf,
      signal: post.signal,
      isTenantKey: post.credential !== undefined,
      rules,
    });
    try {
      if ('body' in post) {
        Object.assign(headers, post.headers);
        headers['x-request-id'] = post.requestId;
        pool.dispatch({ method, path, headers, body: JSON.stringify(post.body), bodyTimeout }, handler);
      } else pool.dispatch({ method, path, headers, bodyTimeout }, handler);
    } catch (error) {
      // undici throws what it finds wrong with a request before it is one.
      handler.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
    }
  };

  return {
    postJson: (post) =>
      new Promise((resolve, reject) => {
        dispatch('POST', post, { kind: 'json', accepts: post.accepts, resolve, reject });
      }),
    postStream: (post) =>
      new Promise((resolve, reject) => {
        dispatch('POST', post, { kind: 'stream', translator: post.translator, resolve, reject });
      }),
    getJson: async (get) => {
      const { body } = await new Promise<JsonAnswer>((resolve, reject) => {
        dispatch('GET', get, { kind: 'json', accepts: isJsonObject, resolve, reject });
      });
      return body;
    },
    close: () => pool.destroy(),
  };
}
