import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { finished, type Readable } from 'node:stream';
import { AppError } from '../../../errors.ts';

/** A form with at most one file, as it comes. */
export interface FormOptions<Received> {
  readonly body: Readable;
  readonly contentType: string;
  /** Of the whole form; `tooLarge` is thrown beyond. */
  readonly maxBytes: number;
  readonly tooLarge: () => AppError;
  /** Reading stops with its reason. */
  readonly signal: AbortSignal;
  /** Called where the file begins, with the fields before it. What it throws at once, or rejects with, ends the reading. */
  readonly receive: (file: FormFile) => Promise<Received>;
  /** Called with what `receive` gave when the rest of the form is at fault. */
  readonly discard: (received: Received) => Promise<void>;
}

export interface FormFile {
  readonly filename: string;
  readonly content: Readable;
  readonly fields: ReadonlyMap<string, string>;
}

export interface Form<Received> {
  /** Texts by name. */
  readonly fields: ReadonlyMap<string, string>;
  /** Absent when the form has no file. */
  readonly file: { readonly filename: string; readonly received: Received } | undefined;
}

const fileField = 'file';
const limits = { files: 1, fields: 32, parts: 33, fieldSize: 1024, headerPairs: 32, headerSize: 16 * 1024 };
const maxFilenameLength = 255;

function invalid(message: string, param: string): AppError {
  return new AppError('INVALID_REQUEST', message, { param });
}

/** A name fit to be shown and kept: no folders, no control characters, no halves of characters. */
export function cleanFilename(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]/gu, '')
    .trim();
  const name = clean === '.' || clean === '..' ? '' : clean;
  return name === '' ? fileField : name.slice(0, maxFilenameLength).toWellFormed();
}

function openParser(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits,
      // A part is a file by its filename alone: fields may come with any type.
      isPartAFile: (_field, _type, filename) => filename !== undefined,
    });
  } catch (error) {
    throw new AppError('INVALID_REQUEST', 'Content-Type: must name the boundary of the form.', {
      param: 'Content-Type',
      cause: error,
    });
  }
}

/** One reading of a form: what it has found, and how it ends. */
class Reading<Received> {
  readonly fields = new Map<string, string>();
  file: { readonly filename: string; readonly content: Readable; readonly received: Promise<Received> } | undefined;
  readonly #options: FormOptions<Received>;
  readonly #end = Promise.withResolvers<undefined>();

  constructor(options: FormOptions<Received>) {
    this.#options = options;
    // It may fail before anybody waits for it.
    this.#end.promise.catch(() => undefined);
  }

  get ended(): Promise<undefined> {
    return this.#end.promise;
  }

  readonly fail = (error: unknown): void => {
    this.#end.reject(error);
  };

  listen(parser: BusboyInstance): void {
    parser.on('field', (name, value, _isNameCut, isCut) => {
      this.#takeField(name, value, isCut);
    });
    parser.on('file', (name, content, filename) => {
      this.#takeFile(name, content, filename);
    });
    parser.on('filesLimit', () => {
      this.fail(invalid('file: must be one file. Upload several one by one.', fileField));
    });
    const tooMany = (): void => {
      this.fail(invalid('The form has more parts than an upload can have.', 'body'));
    };
    parser.on('fieldsLimit', tooMany);
    parser.on('partsLimit', tooMany);
    parser.on('error', (cause) => {
      this.fail(
        new AppError('INVALID_REQUEST', 'The form is broken: it must end with its closing boundary.', {
          param: 'body',
          cause,
        }),
      );
    });
    parser.on('finish', () => {
      this.#end.resolve(undefined);
    });
  }

  #takeField(name: string | undefined, value: string, isCut: boolean): void {
    if (name === undefined) return;
    if (name === fileField)
      this.fail(invalid('file: must be sent as a file, with a filename (curl: -F file=@name).', fileField));
    else if (isCut) this.fail(invalid(`${name}: is longer than ${limits.fieldSize} bytes.`, name));
    else if (this.fields.has(name)) this.fail(invalid(`${name}: is given twice.`, name));
    else this.fields.set(name, value);
  }

  #takeFile(name: string | undefined, content: Readable, filename: string): void {
    // The parser tells errors of a part to its stream, whoever reads it.
    content.on('error', this.fail);
    if (name !== fileField) {
      content.resume();
      this.fail(
        invalid(`${name ?? 'A part without a name'}: is not known here. Name the file part “file”.`, fileField),
      );
      return;
    }
    try {
      const clean = cleanFilename(filename);
      const received = this.#options.receive({ filename: clean, content, fields: this.fields });
      received.catch(this.fail);
      this.file = { filename: clean, content, received };
    } catch (error) {
      content.resume();
      this.fail(error);
    }
  }
}

/**
 * Reads a multipart form (RFC 7578) as it comes, in bounded memory. Whatever goes wrong, what was received is discarded
 * before this rejects; the rest of `body` is then left unread, flowing.
 * @throws AppError INVALID_REQUEST naming the part, `tooLarge`, the signal's reason, and what `receive` rejects with
 */
export async function readForm<Received>(options: FormOptions<Received>): Promise<Form<Received>> {
  const { body, contentType, maxBytes, tooLarge, signal, discard } = options;
  const reading = new Reading(options);
  const parser = openParser(contentType);
  reading.listen(parser);
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > maxBytes) reading.fail(tooLarge());
  };
  const stop = (): void => {
    reading.fail(signal.reason);
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const unwatch = finished(body, { writable: false }, (error) => {
    if (error instanceof AppError) reading.fail(error);
    else if (error !== undefined && error !== null)
      reading.fail(invalid('The connection closed before the form was complete.', 'body'));
  });
  body.on('data', count);
  body.pipe(parser);
  try {
    await reading.ended;
    const { file, fields } = reading;
    return {
      fields,
      file: file === undefined ? undefined : { filename: file.filename, received: await file.received },
    };
  } catch (error) {
    body.unpipe(parser);
    reading.file?.content.destroy(error instanceof Error ? error : new Error(String(error)));
    const received = await reading.file?.received.catch(() => undefined);
    if (received !== undefined) await discard(received);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    unwatch();
    body.off('data', count);
    // Without a listener an error that comes later would end the process.
    body.on('error', () => undefined);
    body.resume();
  }
}
