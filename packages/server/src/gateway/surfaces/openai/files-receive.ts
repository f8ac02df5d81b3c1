import type { FastifyRequest } from 'fastify';
import { after } from '../../../clock.ts';
import { AppError } from '../../../errors.ts';
import type { FileOwner, FileStore, StoredFile } from '../../../files/file-store.ts';
import type { Gateway } from '../../gateway.ts';
import { bodyOf, readUpload, storing } from './files-read.ts';

export interface FileRoutesOptions {
  readonly gateway: Gateway;
  readonly files: FileStore;
  readonly settings: { readonly max_file_bytes: number; readonly upload_timeout_ms: number };
}

/** How long a refused form may still come in, so that its sender can read the answer before the connection closes. */
const lingerMs = 10_000;

/** Reads the form of an upload and stores its file. @returns it, and a digest of what was sent */
export async function receiveFile(
  { files, settings }: Pick<FileRoutesOptions, 'files' | 'settings'>,
  request: FastifyRequest,
  owner: FileOwner,
  signal: AbortSignal,
): Promise<{ readonly file: StoredFile; readonly digest: string }> {
  const sink = storing(files, owner);
  const { upload, digest, ...description } = await readUpload(request, {
    maxFileBytes: settings.max_file_bytes,
    ...{ signal, sink },
  });
  if (upload === undefined) throw new Error('the upload was not stored');
  return { file: await upload.finish(description), digest };
}

/** Ends what is left of a body that nobody wants: it may flow in for a while, then the connection closes. */
export function linger(request: FastifyRequest, gateway: Gateway): void {
  const { raw } = request;
  const body = bodyOf(request);
  // Decompressing what is thrown away would only cost.
  if (body !== raw && !body.readableEnded) body.destroy();
  if (raw.complete || raw.destroyed) return;
  raw.resume();
  const stop = after(gateway.clock, lingerMs, () => raw.destroy());
  raw.once('close', stop);
}

/** Aborts when the upload has taken its time. @returns the signal, and what to call when the upload is over */
export function timeLimit({ gateway, settings }: FileRoutesOptions): { signal: AbortSignal; stop: () => void } {
  const timeoutMs = settings.upload_timeout_ms;
  const abort = new AbortController();
  const stop = after(gateway.clock, timeoutMs, () => {
    abort.abort(
      new AppError('REQUEST_TIMEOUT', `The upload was not complete after ${Math.round(timeoutMs / 1000)} seconds.`),
    );
  });
  return { signal: abort.signal, stop };
}
