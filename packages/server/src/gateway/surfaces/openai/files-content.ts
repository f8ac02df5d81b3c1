import { fileParams } from '@turnpike/contract/openai-files';
import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { errorMessage } from '../../../errors.ts';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { headerRecord } from '../../../http/failure.ts';
import { validate } from '../../../http/validate.ts';
import type { StoredFile } from '../../../files/stored-file.ts';
import { requireFeature, requireScope } from '../../entitle.ts';
import type { Gateway } from '../../gateway.ts';
import { Caller } from '../caller.ts';
import { bindCaller } from '../keyed-route.ts';
import type { FileRoutesOptions } from './files-receive.ts';
import { attachment } from './files-view.ts';

const surface = 'openai-files';
const path = '/v1/files/{file_id}/content';

/** Cuts the connection of a reader who takes nothing for a whole interval. @returns what ends the watch */
function watchReader({ clock, relay }: Gateway, raw: ServerResponse): () => void {
  let before = -1;
  return clock.every(relay.client_stall_timeout_ms, () => {
    const sent = raw.socket?.bytesWritten ?? 0;
    if (raw.writableNeedDrain && sent === before) raw.destroy();
    before = sent;
  });
}

/** Sends the bytes, no faster than they are taken. A file that is not as long as it was said to be breaks off. */
async function send(gateway: Gateway, content: Readable, raw: ServerResponse, bytes: number): Promise<void> {
  const stop = watchReader(gateway, raw);
  let sent = 0;
  content.on('data', (chunk: Buffer) => {
    sent += chunk.length;
  });
  try {
    await pipeline(content, raw, { end: false });
    if (sent === bytes) {
      raw.end();
      return;
    }
    gateway.logger.error({ sent, bytes }, 'a stored file is not as long as it was');
    raw.destroy();
  } catch (error) {
    if (!raw.destroyed || content.errored !== null)
      gateway.logger.warn({ reason: errorMessage(error) }, 'a file could not be sent to its end');
    raw.destroy();
  } finally {
    stop();
  }
}

/** Answers with a stored file, as a download. @param headers of the answer beside those that say what it is */
export async function sendFile(
  gateway: Gateway,
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
  { file, content }: { readonly file: StoredFile; readonly content: Readable },
): Promise<void> {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...headers,
    'content-type': 'application/octet-stream',
    'content-length': file.bytes,
    'content-disposition': attachment(file.filename),
    // Whatever a tenant has uploaded, no browser takes it for a page of ours.
    'x-content-type-options': 'nosniff',
  });
  await send(gateway, content, reply.raw, file.bytes);
}

/** GET /v1/files/{file_id}/content: the bytes as they came. */
export function contentRoute({ gateway, files }: Pick<FileRoutesOptions, 'gateway' | 'files'>): RawRoute {
  return rawRoute({
    method: 'GET',
    path,
    operationId: 'downloadFile',
    summary: 'Download a file',
    tag: 'openai',
    security: 'key',
    scope: 'files',
    params: fileParams,
    responses: {
      200: { description: 'The bytes', schema: z.file(), contentType: 'application/octet-stream' },
    },
    handle: async (request, reply) => {
      const caller = new Caller(gateway, request, surface);
      try {
        const { principal } = await bindCaller(gateway, request, caller, path);
        requireScope(principal, 'files');
        requireFeature(gateway.catalog, principal, 'files');
        const { file_id: id } = validate(fileParams, request.params, 'path');
        const headers = headerRecord(caller.headers(await caller.standing()));
        await sendFile(gateway, reply, headers, await files.open(principal.tenantId, id));
      } catch (error) {
        await caller.fail(reply, error);
      }
    },
  });
}
