import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './turnpike-process.ts';

/** A web server over TLS with a certificate of its own, for documents that must be fetched over https. */
export interface HttpsDocuments {
  readonly url: string;
  /** To be trusted by who asks: NODE_EXTRA_CA_CERTS. */
  readonly certificateFile: string;
  /** By path; a string is sent as it is, a status as that status. */
  readonly documents: Map<string, object | string | number>;
  readonly asked: string[];
  readonly close: () => void;
}

export async function startHttpsDocuments(): Promise<HttpsDocuments> {
  const folder = await temporaryFolder();
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await promisify(execFile)('openssl', [...request, ...names, '-keyout', keyFile, '-out', certificateFile]);
  const documents = new Map<string, object | string | number>();
  const asked: string[] = [];
  const [key, cert] = await Promise.all([readFile(keyFile), readFile(certificateFile)]);
  const server = createServer({ key, cert }, (incoming, response) => {
    const path = incoming.url ?? '';
    asked.push(path);
    const document = documents.get(path) ?? 404;
    if (typeof document === 'number') response.writeHead(document, { location: '/elsewhere' }).end();
    else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(typeof document === 'string' ? document : JSON.stringify(document));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`,
    ...{ certificateFile, documents, asked },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
