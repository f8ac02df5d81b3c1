import { Transform, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Lets through `limit` bytes; beyond, the request is too large however small it came. */
function bounded(limit: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > limit)
        done(
          new AppError(
            'PAYLOAD_TOO_LARGE',
            `The body is larger than the ${limit} bytes accepted here once it is decompressed. Send less.`,
            { headers: { connection: 'close' } },
          ),
        );
      else done(null, chunk);
    },
  });
}

function decode(payload: Readable, decoder: Transform, limit: number): Readable {
  const end = bounded(limit);
  decoder.on('error', () =>
    end.destroy(
      new AppError('INVALID_REQUEST', 'The body is not what Content-Encoding says.', { param: 'Content-Encoding' }),
    ),
  );
  payload.on('error', (error: Error) => end.destroy(error));
  end.on('error', () => {
    payload.unpipe(decoder);
    payload.resume();
    decoder.destroy();
  });
  return payload.pipe(decoder).pipe(end);
}

/** Accepts compressed request bodies (RFC 9110 §8.4) with a bound on what they inflate to. */
export function acceptEncodings(app: FastifyInstance, bodyLimitBytes: number): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const encoding = request.headers['content-encoding']?.trim().toLowerCase();
    if (encoding === undefined || encoding === '' || encoding === 'identity') {
      done(null, payload);
      return;
    }
    const decoder = decoders[encoding];
    if (decoder === undefined) {
      done(
        new AppError(
          'UNSUPPORTED_MEDIA_TYPE',
          `Content-Encoding: ${JSON.stringify(encoding.slice(0, 40))} is not understood. Use gzip, deflate, br or none.`,
          { param: 'Content-Encoding', headers: { 'accept-encoding': 'gzip, deflate, br' } },
        ),
      );
      return;
    }
    // The framework compares the bytes it reads with Content-Length, which counts the compressed ones.
    delete request.headers['content-length'];
    // A form that is read as it comes is bounded by who reads it.
    const limit = request.routeOptions.config.takesMultipart === true ? Infinity : bodyLimitBytes;
    done(null, decode(payload as Readable, decoder(), limit));
  });
}
