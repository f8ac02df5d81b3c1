import { uploadFields, uploadPurpose } from '@turnpike/contract/openai-files';
import type { FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '../../../errors.ts';
import type { FileOwner, FileStore, Upload } from '../../../files/file-store.ts';
import { validate } from '../../../http/validate.ts';
import { canonicalJson } from '../../../idempotency/canonical-json.ts';
import { requestHeader } from '../request-headers.ts';
import { readForm, type FormFile } from './files-form.ts';

/** What became of the bytes of an upload. */
interface Consumed {
  readonly bytes: number;
  /** Absent when they were only read. */
  readonly upload?: Upload;
}

/** Where the bytes of an upload go. */
export type Sink = (content: Readable, signal: AbortSignal) => Promise<Consumed>;

/** A form that has been read and found right. */
export interface ReadUpload extends Consumed {
  readonly filename: string;
  readonly purpose: string;
  readonly expiresAfterSeconds: number | undefined;
  /** Of fields and bytes: the same for a retry, whatever its boundary. */
  readonly digest: string;
}

interface ReadOptions {
  readonly maxFileBytes: number;
  readonly signal: AbortSignal;
  readonly sink: Sink;
}

/** What a form may have beside its file. */
const formBytes = 64 * 1024;
/** As OpenAI has it: input of batches is not kept for ever unless somebody asks for a time of his own. */
const batchInputSeconds = 30 * 86_400;

/** Stores the bytes, unseen until the upload is finished. */
export function storing(files: FileStore, owner: FileOwner): Sink {
  return async (content, signal) => {
    const upload = await files.upload(owner, content, { signal });
    return { bytes: upload.bytes, upload };
  };
}

/** Reads the bytes for their digest alone. */
export const readingOnly: Sink = async (content) => {
  let bytes = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) bytes += chunk.length;
  return { bytes };
};

function missingFile(): AppError {
  return new AppError('INVALID_REQUEST', 'file: is missing. Send the bytes as a part of this name.', { param: 'file' });
}

function emptyFile(): AppError {
  return new AppError('INVALID_REQUEST', 'file: is empty. Send at least one byte.', { param: 'file' });
}

/** The body as a route that takes forms is given it. */
export function bodyOf({ body }: FastifyRequest): Readable {
  return body instanceof Readable ? body : Readable.from([]);
}

/**
 * Reads the form of an upload. When it throws, nothing of it is left in the store.
 * @throws AppError INVALID_REQUEST naming the field, PAYLOAD_TOO_LARGE, the signal's reason, and those of the sink
 */
export async function readUpload(
  request: FastifyRequest,
  { maxFileBytes, signal, sink }: ReadOptions,
): Promise<ReadUpload> {
  const maxBytes = maxFileBytes + formBytes;
  const tooLarge = (): AppError =>
    new AppError('PAYLOAD_TOO_LARGE', `The file is larger than the ${maxFileBytes} bytes accepted here. Send less.`, {
      param: 'file',
    });
  if (Number(requestHeader(request, 'content-length') ?? 0) > maxBytes) throw tooLarge();
  const hash = createHash('sha256');
  const receive = async ({ content, fields }: FormFile): Promise<Consumed> => {
    // Known to be wrong before the file: no need to read it.
    if (fields.has('purpose')) validate(uploadPurpose, Object.fromEntries(fields), 'body');
    content.on('data', (chunk: Buffer) => hash.update(chunk));
    return sink(content, signal);
  };
  const { fields, file } = await readForm({
    body: bodyOf(request),
    contentType: requestHeader(request, 'content-type') ?? '',
    ...{ maxBytes, tooLarge, signal, receive },
    discard: async ({ upload }) => upload?.discard(),
  });
  try {
    if (file === undefined) throw missingFile();
    const described = validate(uploadFields, Object.fromEntries(fields), 'body');
    if (file.received.bytes === 0) throw emptyFile();
    const { filename, received } = file;
    const { purpose, 'expires_after[seconds]': seconds } = described;
    const expiresAfterSeconds = seconds ?? (purpose === 'batch' ? batchInputSeconds : undefined);
    const parts = [filename, purpose, expiresAfterSeconds ?? null, hash.digest('hex')];
    const digest = createHash('sha256').update(canonicalJson(parts)).digest('hex');
    return { ...received, filename, purpose, expiresAfterSeconds, digest };
  } catch (error) {
    await file?.received.upload?.discard();
    throw error;
  }
}
