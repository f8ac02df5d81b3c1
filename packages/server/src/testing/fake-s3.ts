import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';

interface Fault {
  readonly method: string;
  /** Of the path and the query. */
  readonly matches: RegExp;
  /** `cut`: the connection breaks instead of an answer. */
  readonly answer: { readonly status: number; readonly code: string } | 'cut';
  /** How many requests it meets. */
  readonly times: number;
}

export interface FakeS3 {
  readonly url: string;
  readonly bucket: string;
  /** Objects by key. */
  readonly objects: Map<string, Buffer>;
  /** Uploads in parts that are neither completed nor aborted, by id. */
  readonly uploads: Map<string, { readonly key: string; readonly parts: Map<number, Buffer> }>;
  /** `PUT /bucket/key?partNumber=1&uploadId=…`, in their order. */
  readonly requests: string[];
  fail(fault: Fault): void;
  close(): Promise<void>;
}

const bucket = 'files';

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}

function sendError(response: ServerResponse, status: number, code: string): void {
  sendXml(response, status, `<Error><Code>${code}</Code><Message>${code}</Message><RequestId>1</RequestId></Error>`);
}

/** What a request is about. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

type State = Pick<FakeS3, 'objects' | 'uploads'>;

function putObject({ objects, uploads }: State, { response, key, query, body }: Call): void {
  const uploadId = query.get('uploadId');
  if (uploadId === null) objects.set(key, body);
  else {
    const upload = uploads.get(uploadId);
    if (upload === undefined) {
      sendError(response, 404, 'NoSuchUpload');
      return;
    }
    upload.parts.set(Number(query.get('partNumber')), body);
  }
  response.writeHead(200, { etag: `"${randomUUID()}"` });
  response.end();
}

function post({ objects, uploads }: State, { response, key, query, body }: Call): void {
  if (query.has('uploads')) {
    const id = randomUUID();
    uploads.set(id, { key, parts: new Map() });
    sendXml(
      response,
      200,
      `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
    return;
  }
  const id = query.get('uploadId') ?? '';
  const upload = uploads.get(id);
  const numbers = [...body.toString('utf8').matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map((match) =>
    Number(match[1]),
  );
  const parts = numbers.map((number) => upload?.parts.get(number));
  const whole = parts.filter((part) => part !== undefined);
  if (upload === undefined) sendError(response, 404, 'NoSuchUpload');
  else if (whole.length !== parts.length || parts.length === 0) sendError(response, 400, 'InvalidPart');
  else {
    uploads.delete(id);
    objects.set(key, Buffer.concat(whole));
    sendXml(
      response,
      200,
      `<CompleteMultipartUploadResult><Key>${key}</Key><ETag>"x"</ETag></CompleteMultipartUploadResult>`,
    );
  }
}

function get({ objects, uploads }: State, { request, response, key, query }: Call): void {
  if (query.has('uploads')) {
    const prefix = query.get('prefix') ?? '';
    const found = [...uploads].filter(([, upload]) => upload.key.startsWith(prefix));
    const rows = found.map(([id, upload]) => `<Upload><Key>${upload.key}</Key><UploadId>${id}</UploadId></Upload>`);
    sendXml(
      response,
      200,
      `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`,
    );
    return;
  }
  const object = objects.get(key);
  if (object === undefined) {
    sendError(response, 404, 'NoSuchKey');
    return;
  }
  response.writeHead(200, { 'content-length': object.length, 'content-type': 'application/octet-stream', etag: '"x"' });
  response.end(request.method === 'HEAD' ? undefined : object);
}

function remove({ objects, uploads }: State, { response, key, query }: Call): void {
  const uploadId = query.get('uploadId');
  if (uploadId === null) objects.delete(key);
  else uploads.delete(uploadId);
  response.writeHead(204);
  response.end();
}

const methods: Readonly<Record<string, (state: State, call: Call) => void>> = {
  PUT: putObject,
  POST: post,
  GET: get,
  HEAD: get,
  DELETE: remove,
};

/**
 * A small S3 server with one bucket, path-style, objects in memory. It is of the plain kind: it asks for a signature
 * (without checking it) and refuses the checksums in trailers that only newer servers know.
 */
export async function startFakeS3(): Promise<FakeS3> {
  const state = {
    objects: new Map<string, Buffer>(),
    uploads: new Map<string, { key: string; parts: Map<number, Buffer> }>(),
  };
  const requests: string[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const line = `${request.method ?? ''} ${url.pathname}${url.search}`;
    requests.push(line);
    const body = await readBody(request);
    const met = faults.find(
      ({ fault, left }) => left > 0 && fault.method === request.method && fault.matches.test(line),
    );
    const [, givenBucket, ...rest] = decodeURIComponent(url.pathname).split('/');
    const call = { request, response, key: rest.join('/'), query: url.searchParams, body };
    if (met !== undefined) {
      met.left -= 1;
      if (met.fault.answer === 'cut') request.socket.destroy();
      else sendError(response, met.fault.answer.status, met.fault.answer.code);
    } else if (request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true)
      sendError(response, 403, 'AccessDenied');
    else if (request.headers['x-amz-trailer'] !== undefined) sendError(response, 501, 'NotImplemented');
    else if (givenBucket !== bucket) sendError(response, 404, 'NoSuchBucket');
    else methods[request.method ?? '']?.(state, call);
  };
  const server = createServer((request, response) => {
    // A client that leaves in the middle of a body is no fault of this server.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    requests,
    fail: (fault) => void faults.push({ fault, left: fault.times }),
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
      }),
  };
}
