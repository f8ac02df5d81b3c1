import type { FileObject } from '@turnpike/contract/openai-files';
import type { StoredFile } from '../../../files/file-store.ts';

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** A file as OpenAI's clients know it. */
export function presentFile(file: StoredFile): FileObject {
  return {
    id: file.id,
    object: 'file',
    bytes: file.bytes,
    created_at: seconds(file.createdAt),
    ...(file.expiresAt === null ? {} : { expires_at: seconds(file.expiresAt) }),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
  };
}

/** Names a download (RFC 6266): plain for old clients, exact for those that read RFC 8187. */
export function attachment(filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
