import {
  response,
  responseDeleted,
  responseInputItems,
  responseInputItemsQuery,
} from '@turnpike/contract/openai-responses';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import type { ResponseStore, StoredResponse } from '../../../responses/store.ts';
import type { Gateway } from '../../gateway.ts';
import { deleteOnce } from './delete-response.ts';
import { pageItems } from './page-items.ts';
import { refusal } from './refuse.ts';
import { answerStored, missingResponse, storedParams, type StoredAnswer, type StoredCall } from './stored-call.ts';

const byId = '/v1/responses/{id}';
const inputItems = '/v1/responses/{id}/input_items';
const cancel = '/v1/responses/{id}/cancel';

async function find({ store, principal, id }: StoredCall): Promise<StoredResponse> {
  const stored = await store.get(principal.tenantId, id);
  if (stored === undefined) throw missingResponse(id);
  return stored;
}

const readQuery = z.looseObject({ stream: z.enum(['true', 'false']).optional() });

async function read(call: StoredCall): Promise<StoredAnswer> {
  const { stream } = validate(readQuery, call.request.query, 'query');
  if (stream === 'true')
    throw refusal(
      'stream',
      'a stored response is read in one piece. A stream is kept for 24 hours when the request has an Idempotency-Key: GET /v1/streams/{id}.',
    );
  return { body: (await find(call)).response };
}

async function listItems(call: StoredCall): Promise<StoredAnswer> {
  const query = validate(responseInputItemsQuery, call.request.query, 'query');
  return { body: pageItems((await find(call)).input, query) };
}

async function refuseCancel(call: StoredCall): Promise<StoredAnswer> {
  await find(call);
  throw refusal(
    'id',
    'only responses made in the background can be cancelled, and there are none here. To stop a stream, close its connection.',
  );
}

interface StoredRoutes {
  readonly gateway: Gateway;
  readonly store: ResponseStore;
}

const shared = { tag: 'openai', security: 'key', scope: 'chat', params: storedParams } as const;

function readRoutes({ gateway, store }: StoredRoutes): RawRoute[] {
  const handler =
    (route: string, act: (call: StoredCall) => Promise<StoredAnswer>) =>
    (request: FastifyRequest, reply: FastifyReply) =>
      answerStored({ gateway, store, route, needsFeature: true, act }, request, reply);
  return [
    rawRoute({
      ...shared,
      method: 'GET',
      path: byId,
      operationId: 'getResponse',
      summary: 'Read a stored response',
      query: readQuery,
      responses: { 200: { description: 'The response', schema: response } },
      handle: handler(byId, read),
    }),
    rawRoute({
      ...shared,
      method: 'GET',
      path: inputItems,
      operationId: 'listResponseInputItems',
      summary: 'List the input of a stored response',
      description: 'The items of its own request, without those of the responses it went on from.',
      query: responseInputItemsQuery,
      responses: { 200: { description: 'The items', schema: responseInputItems } },
      handle: handler(inputItems, listItems),
    }),
    rawRoute({
      ...shared,
      method: 'POST',
      path: cancel,
      operationId: 'cancelResponse',
      summary: 'Cancel a response made in the background',
      description: 'There are no such responses here: the answer is always an error.',
      bodyOptional: true,
      responses: {},
      handle: handler(cancel, refuseCancel),
    }),
  ];
}

function deleteRoute({ gateway, store }: StoredRoutes): RawRoute {
  return rawRoute({
    ...shared,
    method: 'DELETE',
    path: byId,
    operationId: 'deleteResponse',
    summary: 'Delete a stored response',
    description: 'Conversations that went on from it cannot be gone on with any more.',
    responses: { 200: { description: 'It is deleted', schema: responseDeleted } },
    // What is one's own may be deleted whatever the plan has become.
    handle: (request, reply) =>
      answerStored({ gateway, store, route: byId, needsFeature: false, act: deleteOnce }, request, reply),
  });
}

/** Reading and deleting what POST /v1/responses has kept. */
export function storedResponseRoutes(gateway: Gateway, store: ResponseStore): RawRoute[] {
  return [...readRoutes({ gateway, store }), deleteRoute({ gateway, store })];
}
