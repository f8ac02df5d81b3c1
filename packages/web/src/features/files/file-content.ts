import { chosenOrganization } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';

const previewBytes = 64 * 1_024;

/** The organisation goes in a header, which a link cannot carry. @throws Problem */
async function request(id: string): Promise<Response> {
  const organization = chosenOrganization();
  const response = await fetch(`/account/v1/files/${encodeURIComponent(id)}/content`, {
    headers: organization === null ? {} : { 'x-turnpike-organization': organization },
  });
  if (!response.ok) throw problemOf(await response.json().catch(() => null), response);
  return response;
}

/** @throws Problem */
export async function saveFile(id: string, filename: string): Promise<void> {
  const response = await request(id);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = filename;
  link.click();
  URL.revokeObjectURL(link.href);
}

export interface FileStart {
  readonly text: string;
  /** There is more of it than this. */
  readonly isCut: boolean;
}

/** How a file of lines begins, however long it is. @throws Problem */
export async function readStart(id: string): Promise<FileStart> {
  const { body } = await request(id);
  if (body === null) return { text: '', isCut: false };
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isCut: false };
    text += decoder.decode(value, { stream: true });
    bytes += value.length;
    if (bytes < previewBytes) continue;
    await reader.cancel();
    const end = text.lastIndexOf('\n');
    return { text: end === -1 ? text : text.slice(0, end), isCut: true };
  }
}
