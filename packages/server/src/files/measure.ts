import { Transform } from 'node:stream';

interface MeasureOptions {
  /** Awaited before the first byte. Its error ends the stream. */
  readonly begin: () => Promise<void>;
  /** Called with bytes that have come and are not counted yet; nothing goes on before it is done. Its error ends the stream. */
  readonly count: (bytes: number) => Promise<void>;
  /** Called for the bytes that come, before they are counted. An error it throws ends the stream. */
  readonly check: (bytesSoFar: number) => void;
  /** Bytes that may come between two countings. */
  readonly stepBytes: number;
}

type Done = (error?: Error | null) => void;

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Promise to callback. */
function tell(work: Promise<void>, done: Done): void {
  work.then(
    () => {
      done();
    },
    (error: unknown) => {
      done(asError(error));
    },
  );
}

/** Lets bytes through and has them counted in steps: no more than a step is ever uncounted, and none at the end. */
export function measure({ begin, count, check, stepBytes }: MeasureOptions): Transform {
  let seen = 0;
  let uncounted = 0;
  const settle = (done: Done): void => {
    const bytes = uncounted;
    uncounted = 0;
    tell(count(bytes), done);
  };
  return new Transform({
    construct(done) {
      tell(begin(), done);
    },
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      uncounted += chunk.length;
      try {
        check(seen);
      } catch (error) {
        done(asError(error));
        return;
      }
      this.push(chunk);
      if (uncounted >= stepBytes) settle(done);
      else done();
    },
    flush(done) {
      if (uncounted > 0) settle(done);
      else done();
    },
  });
}
