import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../errors.ts';
import { cleanFilename, readForm, type FormFile } from './files-form.ts';
import { attachment } from './files-view.ts';

const contentType = 'multipart/form-data; boundary=xyz';

function part(disposition: string, content: string | Buffer, more = ''): Buffer {
  return Buffer.concat([
    Buffer.from(`--xyz\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
}

const end = Buffer.from('--xyz--\r\n');
const file = (content: string | Buffer = 'bytes', name = 'a.txt') => part(`name="file"; filename="${name}"`, content);
const purpose = part('name="purpose"', 'batch');

function read(
  chunks: readonly Buffer[] | Readable,
  options: {
    receive?: (file: FormFile) => Promise<Buffer>;
    discard?: (received: Buffer) => Promise<void>;
    maxBytes?: number;
    contentType?: string;
    signal?: AbortSignal;
  } = {},
) {
  return readForm<Buffer>({
    body: chunks instanceof Readable ? chunks : Readable.from(chunks, { objectMode: false }),
    contentType,
    maxBytes: 1_000_000,
    tooLarge: () => new AppError('PAYLOAD_TOO_LARGE', 'too large'),
    signal: new AbortController().signal,
    receive: ({ content }) => buffer(content),
    discard: () => Promise.resolve(),
    ...options,
  });
}

describe('readForm', () => {
  test('reads fields before and after the file, however the body is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        async (bytes, step, isFirst) => {
          const parts = [purpose, file(Buffer.from(bytes))];
          const whole = Buffer.concat([...(isFirst ? parts : parts.toReversed()), end]);
          const chunks = Array.from({ length: Math.ceil(whole.length / step) }, (_, index) =>
            whole.subarray(index * step, (index + 1) * step),
          );
          const form = await read(chunks);
          expect([...form.fields]).toEqual([['purpose', 'batch']]);
          expect(form.file?.received.equals(Buffer.from(bytes))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('knows the fields before the file when the file begins', async () => {
    const seen: string[][] = [];
    await read([purpose, file(), part('name="later"', 'x'), end], {
      receive: ({ content, fields }) => {
        seen.push([...fields.keys()]);
        return buffer(content);
      },
    });
    expect(seen).toEqual([['purpose']]);
  });

  test.each([
    ['a field named file', [part('name="file"', 'text')], 'file'],
    ['two files', [file(), file()], 'file'],
    ['a file of another name', [part('name="image"; filename="a"', 'x')], 'file'],
    ['a field twice', [purpose, purpose], 'purpose'],
    ['a field without end', [part('name="purpose"', 'x'.repeat(2000))], 'purpose'],
    ['fields without end', Array.from({ length: 40 }, (_, index) => part(`name="f${index}"`, 'x')), 'body'],
  ])('refuses %s', async (_title, parts, param) => {
    await expect(read([...parts, end])).rejects.toMatchObject({ code: 'INVALID_REQUEST', param });
  });

  test.each([
    ['without its closing boundary', [purpose]],
    ['that ends inside its file', [file('bytes').subarray(0, -4)]],
    ['that is empty', []],
    ['that is no form', [Buffer.from('hello')]],
  ])('refuses a body %s', async (_title, chunks) => {
    await expect(read(chunks)).rejects.toMatchObject({ code: 'INVALID_REQUEST', param: 'body' });
  });

  test('refuses a form without a boundary', async () => {
    const form = read([end], { contentType: 'multipart/form-data' });
    await expect(form).rejects.toMatchObject({ code: 'INVALID_REQUEST', param: 'Content-Type' });
  });

  test('ends what receives the file, and waits for it, when the body breaks off', async () => {
    const events: string[] = [];
    const body = new Readable({ read: () => undefined });
    const form = read(body, {
      receive: async ({ content }) => {
        try {
          return await buffer(content);
        } catch (error) {
          await new Promise((resolve) => setImmediate(resolve));
          events.push('cleared');
          throw error;
        }
      },
    });
    body.push(file().subarray(0, -5));
    setImmediate(() => body.destroy());
    await expect(form).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(events).toEqual(['cleared']);
  });

  test('discards a received file when the rest of the form is at fault', async () => {
    const discarded: string[] = [];
    const body = new Readable({ read: () => undefined });
    const received = Promise.withResolvers<undefined>();
    const form = read(body, {
      receive: async ({ content }) => {
        const bytes = await buffer(content);
        received.resolve(undefined);
        return bytes;
      },
      discard: (bytes) => {
        discarded.push(bytes.toString());
        return Promise.resolve();
      },
    });
    body.push(Buffer.concat([file('first'), purpose]));
    await received.promise;
    body.push(Buffer.concat([purpose, end]));
    await expect(form).rejects.toMatchObject({ param: 'purpose' });
    expect(discarded).toEqual(['first']);
  });

  test('stops at the limit of the whole form, and for the signal', async () => {
    const endless = new Readable({
      read() {
        setImmediate(() => this.push(Buffer.alloc(10_000, 'x')));
      },
    });
    await expect(read(endless)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    endless.destroy();
    const reason = new AppError('REQUEST_TIMEOUT', 'too slow');
    const abort = new AbortController();
    const silent = new Readable({ read: () => undefined });
    const form = read(silent, { signal: abort.signal });
    silent.push(file().subarray(0, -5));
    setImmediate(() => {
      abort.abort(reason);
    });
    await expect(form).rejects.toBe(reason);
    silent.destroy();
  });

  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\\\Users\\\\me\\\\a.txt', 'a.txt'],
    ['..', 'file'],
    ['Übersicht – 日本 🎉.jsonl', 'Übersicht – 日本 🎉.jsonl'],
    ['', 'file'],
  ])('takes the filename %j as %j', async (given, expected) => {
    const form = await read([file('x', given), end]);
    expect(form.file?.filename).toBe(expected);
  });
});

test('a clean filename is short, has no folder and no control character, and can name a header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
      const name = cleanFilename(given);
      expect(name.length).toBeGreaterThan(0);
      expect(name.length).toBeLessThanOrEqual(255);
      expect(name).not.toMatch(/[/\\\p{Cc}]/u);
      expect(name).not.toMatch(/^\.\.?$/);
      expect(name.isWellFormed()).toBe(true);
      const header = attachment(name);
      expect(header).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w.~!$&+`|^#%-]*$/);
      expect(decodeURIComponent(header.split("UTF-8''")[1] ?? '')).toBe(name);
    }),
  );
});
