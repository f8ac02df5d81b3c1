import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUnchanged } from '../../http/entity-tag.ts';

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

type Encoding = 'br' | 'gzip';

/** Bytes to be sent, compressed at most once for each encoding. */
export interface Representation {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly tag: string;
  encoded(encoding: Encoding): Promise<Buffer>;
}

export function createRepresentation(content: string | Buffer, contentType: string): Representation {
  const plain = Buffer.from(content);
  const compress = {
    br: () =>
      compressBrotli(plain, {
        params: { [constants.BROTLI_PARAM_QUALITY]: plain.length > 500_000 ? 6 : 9 },
      }),
    gzip: () => compressGzip(plain),
  };
  const kept: Partial<Record<Encoding, Promise<Buffer>>> = {};
  return {
    contentType,
    plain,
    tag: hash('sha256', plain, 'base64url').slice(0, 27),
    encoded: (encoding) => (kept[encoding] ??= compress[encoding]()),
  };
}

function accepts(header: string, encoding: Encoding): boolean {
  const part = header.split(',').find((entry) => entry.split(';')[0]?.trim().toLowerCase() === encoding);
  return part !== undefined && !/;\s*q\s*=\s*0(?:\.0*)?\s*$/.test(part);
}

/** Smaller bodies are not worth it. */
const leastBytes = 1_000;

function encodingFor(request: FastifyRequest, { plain, contentType }: Representation): Encoding | undefined {
  if (plain.length < leastBytes || contentType.startsWith('image/png')) return undefined;
  const header = request.headers['accept-encoding'];
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  if (accepts(text, 'br')) return 'br';
  return accepts(text, 'gzip') ? 'gzip' : undefined;
}

export interface Sending {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly representation: Representation;
}

/** Sends a representation, or 304 to who has it. */
export async function sendRepresentation(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, headers, representation }: Sending,
): Promise<void> {
  const encoding = encodingFor(request, representation);
  const etag = `"${representation.tag}${encoding === undefined ? '' : `-${encoding}`}"`;
  const all = { 'x-request-id': request.id, 'x-content-type-options': 'nosniff', ...headers, etag };
  const body = encoding === undefined ? representation.plain : await representation.encoded(encoding);
  if (reply.sent) return;
  reply.hijack();
  const { raw } = reply;
  if (status === 200 && isUnchanged(request.headers['if-none-match'], etag)) {
    raw.writeHead(304, all);
    raw.end();
    return;
  }
  raw.writeHead(status, {
    ...all,
    'content-type': representation.contentType,
    'content-length': body.length,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
  raw.end(request.method === 'HEAD' ? undefined : body);
}
