import { ownFilesQuery } from '@turnpike/contract/account-work';
import { fileDeleted, fileObject, fileUpload } from '@turnpike/contract/openai-files';
import { pageOf } from '@turnpike/contract/pagination';
import { z } from 'zod';
import { toPage } from '../admin/page.ts';
import { sendFile } from '../gateway/surfaces/openai/files-content.ts';
import { linger, receiveFile, timeLimit, type FileRoutesOptions } from '../gateway/surfaces/openai/files-receive.ts';
import { presentFile } from '../gateway/surfaces/openai/files-view.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { multipartRoute } from '../http/multipart-route.ts';
import { accountRoute, type AccountContext } from './account-route.ts';
import { memberPrincipal, type MemberPrincipalOptions } from './member-principal.ts';

interface Options extends MemberPrincipalOptions, FileRoutesOptions {
  readonly context: AccountContext;
}

const params = z.object({ id: z.string().max(200) });

function uploadRoute(options: Options): ApiRoute {
  const { context, gateway } = options;
  const route = accountRoute({
    context,
    action: 'content:write',
    method: 'POST',
    path: '/account/v1/files',
    operationId: 'uploadOwnFile',
    summary: 'Upload a file',
    description: 'A form with the parts `file` and `purpose`, in any order. Counts as a request, never as tokens.',
    responses: { 200: { description: 'The file', schema: fileObject } },
    handle: async (input, request) => {
      const { signal, stop } = timeLimit(options);
      try {
        const { tenantId, keyId } = await memberPrincipal(options, input, 'files');
        const { file } = await receiveFile(options, request, { tenantId, keyId }, signal);
        return { status: 200, body: presentFile(file) };
      } finally {
        stop();
      }
    },
  });
  return multipartRoute({
    ...route,
    body: fileUpload,
    handle: async (request, reply) => {
      try {
        await route.handle(request, reply);
      } finally {
        // Also where somebody was refused before a byte was read.
        linger(request, gateway);
      }
    },
  });
}

function contentRoute({ context, gateway, files }: Options): ApiRoute {
  return accountRoute({
    ...{ context, params },
    action: 'content:read',
    method: 'GET',
    path: '/account/v1/files/{id}/content',
    operationId: 'downloadOwnFile',
    summary: 'Download a file',
    responses: { 200: { description: 'The bytes', schema: z.file(), contentType: 'application/octet-stream' } },
    handle: async ({ membership: { tenantId }, params: { id } }) => {
      const opened = await files.open(tenantId, id);
      return { status: 200, body: null, send: (reply, headers) => sendFile(gateway, reply, headers, opened) };
    },
  });
}

/** Files of the organisation, whichever key or person stored them. */
export function ownFileRoutes(options: Options): ApiRoute[] {
  const { context, files } = options;
  return [
    accountRoute({
      context,
      action: 'content:read',
      method: 'GET',
      path: '/account/v1/files',
      operationId: 'listOwnFiles',
      summary: 'Files of the organisation, the newest first',
      query: ownFilesQuery,
      responses: { 200: { description: 'A page of files', schema: pageOf(fileObject) } },
      handle: async ({ membership: { tenantId }, query }) => {
        const rows = await files.list({ tenantId, order: 'desc', ...query });
        return { status: 200, body: toPage(rows, query.limit, ({ id }) => id, presentFile) };
      },
    }),
    uploadRoute(options),
    contentRoute(options),
    accountRoute({
      ...{ context, params },
      action: 'content:write',
      method: 'DELETE',
      path: '/account/v1/files/{id}',
      operationId: 'deleteOwnFile',
      summary: 'Delete a file',
      responses: { 200: { description: 'It is gone', schema: fileDeleted } },
      handle: async ({ membership: { tenantId }, params: { id } }) => {
        await files.delete(tenantId, id);
        return { status: 200, body: { id, object: 'file', deleted: true } };
      },
    }),
  ];
}
