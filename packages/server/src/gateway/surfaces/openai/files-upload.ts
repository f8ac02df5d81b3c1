import { fileObject, fileUpload } from '@turnpike/contract/openai-files';
import type { FastifyRequest } from 'fastify';
import { errorMessage } from '../../../errors.ts';
import { headerRecord } from '../../../http/failure.ts';
import { multipartRoute, type MultipartRoute } from '../../../http/multipart-route.ts';
import { preferredWaitMs } from '../../../http/prefer.ts';
import { sendJson } from '../../../http/send-json.ts';
import { claimOnce, idempotencyError } from '../../../idempotency/claim-once.ts';
import { parseIdempotencyKey, requestFingerprint, scopeId } from '../../../idempotency/idempotency-key.ts';
import type { ClaimHandle, StoredResponse } from '../../../idempotency/store.ts';
import type { LimitState } from '../../../limits/limit.ts';
import { requireFeature, requireScope } from '../../entitle.ts';
import { reserveRequest } from '../../reserve.ts';
import { Caller } from '../caller.ts';
import { bindCaller } from '../keyed-route.ts';
import { requestHeader } from '../request-headers.ts';
import { readingOnly, readUpload } from './files-read.ts';
import { linger, receiveFile, timeLimit, type FileRoutesOptions } from './files-receive.ts';
import { presentFile } from './files-view.ts';

interface UploadContext extends FileRoutesOptions {
  readonly request: FastifyRequest;
  readonly bound: Awaited<ReturnType<typeof bindCaller>>;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly text: string;
  readonly states: readonly LimitState[];
  readonly isReplay: boolean;
}

const surface = 'openai-files';
const path = '/v1/files';
/** Where a stored answer keeps what it was the answer to; never sent. */
const digestHeader = 'upload-digest';

/** Stores what comes, and says so. @returns the answer and the digest of what was sent */
async function store(context: UploadContext): Promise<{ readonly text: string; readonly digest: string }> {
  const { request, bound, signal } = context;
  const { principal, contract } = bound;
  const owner = { tenantId: principal.tenantId, keyId: principal.keyId };
  const { file, digest } = await receiveFile(context, request, owner, signal);
  const body = presentFile(file);
  return { text: JSON.stringify(contract.translation.downgradeResponse?.(body) ?? body), digest };
}

/** Gives the first answer again if what is sent now is what it was the answer to; nothing is stored. */
async function replay(context: UploadContext, { body, headers }: StoredResponse): Promise<Answer> {
  const { gateway, settings, request, bound, signal } = context;
  const states = await reserveRequest(gateway, bound.principal);
  const { digest } = await readUpload(request, {
    maxFileBytes: settings.max_file_bytes,
    ...{ signal, sink: readingOnly },
  });
  if (headerRecord(headers)[digestHeader] !== digest) throw idempotencyError('conflict');
  return { text: body, states, isReplay: true };
}

async function execute(context: UploadContext, claim: ClaimHandle): Promise<Answer> {
  const { gateway, bound } = context;
  const { idempotency, logger } = gateway;
  try {
    const states = await reserveRequest(gateway, bound.principal);
    const { text, digest } = await store(context);
    const response = { status: 200, headers: [digestHeader, digest], body: text };
    // The file is there: an error now would have it stored again.
    await idempotency.complete(claim, response).catch((error: unknown) => {
      logger.warn({ reason: errorMessage(error) }, 'an answer could not be stored for replay');
    });
    return { text, states, isReplay: false };
  } catch (error) {
    await idempotency.release(claim).catch(() => undefined);
    throw error;
  }
}

/**
 * An upload with an Idempotency-Key is claimed before its body is read, because a body of any size cannot be part of
 * the claim as those of other routes are. So the claim holds query and version only, and the stored answer a digest of
 * form and bytes: a retry is read, compared with it, and stored nowhere. Another body with the key is 409 once it has
 * been read; a retry while the first upload runs is 409 at once; an upload that fails leaves the key free.
 */
async function answerOnce(context: UploadContext): Promise<Answer> {
  const { gateway, request, bound } = context;
  const { principal, contract } = bound;
  const key = parseIdempotencyKey(requestHeader(request, 'idempotency-key'));
  if (key === undefined) {
    const states = await reserveRequest(gateway, principal);
    const { text } = await store(context);
    return { text, states, isReplay: false };
  }
  const { tenantId } = principal;
  const id = scopeId({ owner: tenantId, method: 'POST', path, key });
  const fingerprint = requestFingerprint({ body: 'form', query: request.query, version: contract.version.name });
  const waitMs = preferredWaitMs(requestHeader(request, 'prefer'));
  const claim = await claimOnce(gateway.idempotency, { id, tenantId, fingerprint }, waitMs);
  if (claim.kind === 'replay') return replay(context, claim.response);
  if (claim.kind !== 'claimed') throw idempotencyError(claim.kind);
  return execute(context, claim.claim);
}

/** POST /v1/files: streamed to the storage as it comes. */
export function uploadRoute(options: FileRoutesOptions): MultipartRoute {
  const { gateway } = options;
  return multipartRoute({
    method: 'POST',
    path,
    operationId: 'createFile',
    summary: 'Upload a file',
    description: 'A form with the parts `file` and `purpose`, in any order. Counts as a request, never as tokens.',
    tag: 'openai',
    security: 'key',
    scope: 'files',
    body: fileUpload,
    responses: { 200: { description: 'The file', schema: fileObject } },
    handle: async (request, reply) => {
      const caller = new Caller(gateway, request, surface);
      const { signal, stop } = timeLimit(options);
      try {
        const bound = await bindCaller(gateway, request, caller, path);
        requireScope(bound.principal, 'files');
        requireFeature(gateway.catalog, bound.principal, 'files');
        const { text, states, isReplay } = await answerOnce({ ...options, request, bound, signal });
        const replayed = isReplay ? { 'Idempotency-Replayed': 'true' } : {};
        sendJson(reply, 200, { ...headerRecord(caller.headers(states)), ...replayed }, text);
      } catch (error) {
        await caller.fail(reply, error);
      } finally {
        stop();
        linger(request, gateway);
      }
    },
  });
}
