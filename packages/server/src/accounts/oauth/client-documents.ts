import type { ClientDiscovery, OAuthClient, OAuthOptions } from '@better-auth/oauth-provider';
import {
  isForbiddenCimdClientMetadataField,
  registerClientMetadataDocument,
} from '@better-auth/oauth-provider/internal';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { errorMessage } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { OutboundClient } from '../../outbound/guarded-request.ts';

interface Options {
  readonly outbound: OutboundClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those of the provider: the library stores what it has read with them. */
  readonly provider: () => OAuthOptions<string[]>;
}

/** Stable: it is stored with each application that came so. */
const discoveryId = 'cimd';
const freshMs = 3_600_000;
/** While a document cannot be fetched, what it said is good for so long. */
const staleMs = 7 * 86_400_000;
const failureMs = 60_000;
const maxFailures = 1_000;
const timeoutMs = 5_000;
const mostAtOnce = 20;

const document = z.looseObject({
  client_id: z.string(),
  client_name: z.string().max(200).optional(),
  redirect_uris: z.array(z.string().max(2_000)).min(1).max(20),
  token_endpoint_auth_method: z.literal('none').optional(),
});

/**
 * Is it the address of a document? After the draft of client id metadata documents: https, with a path, without user,
 * fragment or steps up and down.
 */
export function isDocumentUrl(clientId: string): boolean {
  if (clientId.length > 1_000 || !clientId.startsWith('https://') || !URL.canParse(clientId)) return false;
  const { username, password, pathname, href } = new URL(clientId);
  const isPlain = username === '' && password === '' && !clientId.includes('#');
  // An address that is written in another way than it is read could be taken for another's.
  return isPlain && pathname !== '/' && href === clientId;
}

/** @throws Error saying what is wrong with the document */
function readDocument(clientId: string, text: string): OAuthClient {
  const parsed = document.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error).replaceAll(/\s+/g, ' '));
  const { client_id: named } = parsed.data;
  if (named !== clientId) throw new Error(`it names another client_id: ${named.slice(0, 200)}`);
  const forbidden = Object.keys(parsed.data).find((field) => isForbiddenCimdClientMetadataField(field));
  if (forbidden !== undefined) throw new Error(`it may not hold ${forbidden}`);
  const { client_name: name, token_endpoint_auth_method: _method, ...rest } = parsed.data;
  return { ...rest, token_endpoint_auth_method: 'none', ...(name === undefined ? {} : { client_name: name }) };
}

/**
 * Applications that need no registration: their id is the address of a document about them (client id metadata
 * documents). It is fetched through the guard that keeps requests out of private networks, bounded in size, time and
 * number, and kept for an hour.
 */
export function createClientDocuments({ outbound, clock, logger, provider }: Options): ClientDiscovery {
  const failedAtMs = new Map<string, number>();
  let running = 0;
  const fetchDocument = async (clientId: string) => {
    if (running >= mostAtOnce) throw new Error('too many documents are being fetched');
    running += 1;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const { status, contentType, text } = await outbound.request({ method: 'GET', url: clientId, signal });
      if (status !== 200) throw new Error(`it was answered with ${status}`);
      if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(contentType)) throw new Error('it is no JSON');
      return readDocument(clientId, text);
    } finally {
      running -= 1;
    }
  };
  return {
    id: discoveryId,
    matches: isDocumentUrl,
    discoveryMetadata: { client_id_metadata_document_supported: true },
    resolve: async (context, clientId, existing) => {
      const nowMs = clock.now();
      const ageMs = nowMs - (existing?.updatedAt?.getTime() ?? 0);
      if (existing !== null && ageMs < freshMs) return existing;
      const stale = existing !== null && ageMs < staleMs ? existing : null;
      if (nowMs - (failedAtMs.get(clientId) ?? 0) < failureMs) return stale;
      try {
        const { client } = await registerClientMetadataDocument(context, provider(), {
          metadata: await fetchDocument(clientId),
          clientId,
          clientDiscoveryId: discoveryId,
          ...(existing === null ? {} : { existingClient: existing }),
        });
        failedAtMs.delete(clientId);
        return client;
      } catch (error) {
        if (failedAtMs.size >= maxFailures) failedAtMs.clear();
        failedAtMs.set(clientId, nowMs);
        logger.info({ clientId, reason: errorMessage(error) }, 'a client id metadata document cannot be used');
        return stale;
      }
    },
  };
}
