import { fileDeleted, fileList, fileObject, fileParams, fileQuery } from '@turnpike/contract/openai-files';
import type { RawRoute } from '../../../http/api-route.ts';
import { keyedRoute } from '../keyed-route.ts';
import { contentRoute } from './files-content.ts';
import type { FileRoutesOptions } from './files-receive.ts';
import { uploadRoute } from './files-upload.ts';
import { presentFile } from './files-view.ts';

const base = { surface: 'openai-files', tag: 'openai', scope: 'files', feature: 'files' } as const;

function listRoute({ gateway, files }: FileRoutesOptions): RawRoute {
  return keyedRoute({
    ...base,
    gateway,
    method: 'GET',
    path: '/v1/files',
    operationId: 'listFiles',
    summary: 'List files',
    query: fileQuery,
    responses: { 200: { description: 'A page of files', schema: fileList } },
    handle: async ({ principal, query }) => {
      const found = await files.list({ tenantId: principal.tenantId, ...query });
      const data = found.slice(0, query.limit).map(presentFile);
      return {
        status: 200,
        body: {
          object: 'list',
          data,
          first_id: data[0]?.id ?? null,
          last_id: data.at(-1)?.id ?? null,
          has_more: found.length > data.length,
        },
      };
    },
  });
}

function retrieveRoute({ gateway, files }: FileRoutesOptions): RawRoute {
  return keyedRoute({
    ...base,
    gateway,
    method: 'GET',
    path: '/v1/files/{file_id}',
    operationId: 'retrieveFile',
    summary: 'Describe one file',
    params: fileParams,
    responses: { 200: { description: 'The file', schema: fileObject } },
    handle: async ({ principal, params }) => ({
      status: 200,
      body: presentFile(await files.get(principal.tenantId, params.file_id)),
    }),
  });
}

function deleteRoute({ gateway, files }: FileRoutesOptions): RawRoute {
  return keyedRoute({
    ...base,
    gateway,
    method: 'DELETE',
    path: '/v1/files/{file_id}',
    operationId: 'deleteFile',
    summary: 'Delete a file',
    params: fileParams,
    responses: { 200: { description: 'It is gone', schema: fileDeleted } },
    handle: async ({ principal, params }) => {
      await files.delete(principal.tenantId, params.file_id);
      return { status: 200, body: { id: params.file_id, object: 'file', deleted: true } };
    },
  });
}

/** OpenAI's files: upload, list, describe, download, delete. */
export function fileRoutes(options: FileRoutesOptions): RawRoute[] {
  return [
    uploadRoute(options),
    listRoute(options),
    retrieveRoute(options),
    deleteRoute(options),
    contentRoute(options),
  ];
}
