import type { S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { Source } from './source.ts';
import { checkedKey, storageFailure, type FileStorage } from './storage.ts';

export interface S3Settings {
  readonly bucket: string;
  /** Of an S3-compatible server; absent: Amazon's. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly prefix: string;
  readonly force_path_style: boolean;
}

/** The vendor's code is large: it is loaded when a bucket is configured, not before. */
async function loadVendor() {
  const [client, upload] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
  return { ...client, Upload: upload.Upload };
}

type Vendor = Awaited<ReturnType<typeof loadVendor>>;

/** An upload holds about `partBytes` × (`partsAtOnce` + 1); 10,000 parts bound a file to 78 GiB. */
const partBytes = 8 * 1024 * 1024;
const partsAtOnce = 2;
const connectTimeoutMs = 5_000;
/** Until an answer begins; one part has to arrive in it. */
const answerTimeoutMs = 120_000;

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error as { $metadata: { httpStatusCode?: number } | undefined };
  return metadata?.httpStatusCode;
}

class S3Storage implements FileStorage {
  readonly #settings: S3Settings;
  readonly #vendor: Vendor;
  readonly #client: S3Client;

  constructor(settings: S3Settings, vendor: Vendor) {
    this.#settings = settings;
    this.#vendor = vendor;
    this.#client = new vendor.S3Client({
      region: settings.region,
      forcePathStyle: settings.force_path_style,
      credentials: { accessKeyId: settings.access_key_id, secretAccessKey: settings.secret_access_key },
      ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
      // Checksums in trailers are newer than many S3-compatible servers.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 3,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        requestTimeout: answerTimeoutMs,
        throwOnRequestTimeout: true,
      },
    });
  }

  async put(key: string, content: Readable, signal?: AbortSignal): Promise<number> {
    // The vendor's own abort would not wait until the parts are gone; the end of the content does.
    const source = new Source(content, signal);
    try {
      const upload = new this.#vendor.Upload({
        client: this.#client,
        params: {
          ...this.#target(key),
          Body: Readable.from(source.chunks(), { objectMode: false }),
          ContentType: 'application/octet-stream',
        },
        partSize: partBytes,
        queueSize: partsAtOnce,
      });
      await upload.done();
      return source.bytes;
    } catch (error) {
      throw source.fail(error);
    } finally {
      source.release();
    }
  }

  async get(key: string): Promise<Readable | undefined> {
    try {
      const { Body: body } = await this.#client.send(new this.#vendor.GetObjectCommand(this.#target(key)));
      if (body instanceof Readable) return body;
      throw new Error('the answer has no body');
    } catch (error) {
      if (error instanceof this.#vendor.NoSuchKey || (statusOf(error) === 404 && !isNoBucket(error))) return undefined;
      throw storageFailure(error);
    }
  }

  async delete(key: string): Promise<void> {
    try {
      await this.#client.send(new this.#vendor.DeleteObjectCommand(this.#target(key)));
    } catch (error) {
      if (statusOf(error) !== 404 || isNoBucket(error)) throw storageFailure(error);
    }
  }

  async discard(key: string): Promise<void> {
    const { Bucket: bucket, Key: name } = this.#target(key);
    try {
      const { ListMultipartUploadsCommand, AbortMultipartUploadCommand } = this.#vendor;
      const { Uploads: uploads = [] } = await this.#client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: name }),
      );
      for (const { Key: found, UploadId: uploadId } of uploads) {
        if (found !== name || uploadId === undefined) continue;
        await this.#client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: name, UploadId: uploadId }));
      }
    } catch (error) {
      // Not every server can list them, nor may every key: the rules of the bucket have to end them there.
      if (![403, 404, 405, 501].includes(statusOf(error) ?? 0)) throw storageFailure(error);
    }
    await this.delete(key);
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  #target(key: string): { readonly Bucket: string; readonly Key: string } {
    const { bucket, prefix } = this.#settings;
    return { Bucket: bucket, Key: `${prefix}${checkedKey(key)}` };
  }
}

function isNoBucket(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchBucket';
}

/** Keeps files in a bucket of S3 or of a server that speaks its API. Does not connect yet. */
export async function openS3Storage(settings: S3Settings): Promise<FileStorage> {
  return new S3Storage(settings, await loadVendor());
}
