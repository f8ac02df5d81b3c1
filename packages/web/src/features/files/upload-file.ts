import type { Schema } from '../../api/client.ts';
import { chosenOrganization } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';

export type StoredFile = Schema<'File'>;
export type Purpose = Schema<'FilePurpose'>;

export interface Upload {
  readonly file: File;
  readonly purpose: Purpose;
  /** Absent: as long as the purpose has it. */
  readonly expiresAfterSeconds?: number;
}

function formOf({ file, purpose, expiresAfterSeconds }: Upload): FormData {
  const form = new FormData();
  form.set('purpose', purpose);
  if (expiresAfterSeconds !== undefined) {
    form.set('expires_after[anchor]', 'created_at');
    form.set('expires_after[seconds]', String(expiresAfterSeconds));
  }
  // Last, so that the fields are known before the bytes come.
  form.set('file', file);
  return form;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The answer as other requests have it, for what is read from its headers. */
function responseOf(request: XMLHttpRequest): Response {
  const id = request.getResponseHeader('x-request-id');
  return new Response(null, {
    status: request.status,
    statusText: request.statusText,
    headers: id === null ? {} : { 'x-request-id': id },
  });
}

/**
 * Uploads a file. `fetch` does not tell how much has been sent; the older way does.
 * @param onProgress 0 to 1
 * @throws Problem; the signal's reason; TypeError: the server was not reached
 */
export function uploadFile(
  upload: Upload,
  { onProgress, signal }: { readonly onProgress: (share: number) => void; readonly signal: AbortSignal },
): Promise<StoredFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as StoredFile);
      else reject(problemOf(body, responseOf(request)));
    };
    request.onerror = () => reject(new TypeError('the server was not reached'));
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.open('POST', '/account/v1/files');
    const organization = chosenOrganization();
    if (organization !== null) request.setRequestHeader('x-turnpike-organization', organization);
    request.send(formOf(upload));
  });
}
