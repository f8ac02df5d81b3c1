import { modelList, modelObject } from '@turnpike/contract/openai-chat';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { headerRecord } from '../../../http/failure.ts';
import { sendJson } from '../../../http/send-json.ts';
import type { Principal } from '../../../keys/key.ts';
import type { ModelEntry } from '../../catalog.ts';
import { findModel, mayUseModel, requireScope } from '../../entitle.ts';
import type { Gateway } from '../../gateway.ts';
import { bearerSecret } from '../bearer.ts';
import { Caller } from '../caller.ts';
import { requestHeader } from '../request-headers.ts';

const surface = 'openai-models';

interface ModelView {
  readonly gateway: Gateway;
  /** When the process started, in Unix seconds: the list is of its configuration. */
  readonly createdSeconds: number;
}

function present(entry: ModelEntry, createdSeconds: number): z.output<typeof modelObject> {
  const { config } = entry;
  return {
    id: entry.name,
    object: 'model',
    created: createdSeconds,
    owned_by: config.owned_by ?? config.targets[0]?.upstream ?? 'turnpike',
    context_tokens: config.context_tokens,
    max_output_tokens: config.max_output_tokens,
    capabilities: [...config.capabilities],
  };
}

/** Authenticates, reads, answers with the limit headers; nothing is taken from the windows. */
async function answer(
  view: ModelView,
  route: string,
  request: FastifyRequest,
  reply: FastifyReply,
  read: (principal: Principal) => Readonly<Record<string, unknown>>,
): Promise<void> {
  const { gateway } = view;
  const caller = new Caller(gateway, request, surface);
  try {
    const principal = await gateway.authenticator.authenticate(bearerSecret(request.headers.authorization));
    caller.principal = principal;
    caller.contract = gateway.contracts.bind(route, requestHeader(request, 'api-version'), principal.pinnedVersion);
    for (const subject of caller.contract.subjects) gateway.versionUsage.note(principal, subject);
    requireScope(principal, 'models');
    const body = read(principal);
    sendJson(
      reply,
      200,
      headerRecord(caller.headers(await caller.standing())),
      caller.contract.translation.downgradeResponse?.(body) ?? body,
    );
  } catch (error) {
    await caller.fail(reply, error);
  }
}

/** GET /v1/models and /v1/models/{id}: the models this key may call. */
export function modelRoutes(gateway: Gateway): RawRoute[] {
  const view: ModelView = { gateway, createdSeconds: Math.floor(gateway.clock.now() / 1000) };
  const list = rawRoute({
    method: 'GET',
    path: '/v1/models',
    operationId: 'listModels',
    summary: 'List the models this key may call',
    tag: 'openai',
    security: 'key',
    scope: 'models',
    responses: { 200: { description: 'Models', schema: modelList } },
    handle: (request, reply) =>
      answer(view, '/v1/models', request, reply, (principal) => ({
        object: 'list',
        data: gateway.catalog.models
          .filter((entry) => mayUseModel(gateway.catalog, principal, entry.name))
          .map((entry) => present(entry, view.createdSeconds)),
      })),
  });
  const one = rawRoute({
    method: 'GET',
    path: '/v1/models/{id}',
    operationId: 'getModel',
    summary: 'Describe one model',
    tag: 'openai',
    security: 'key',
    scope: 'models',
    params: z.object({ id: z.string() }),
    responses: { 200: { description: 'The model', schema: modelObject } },
    handle: (request, reply) =>
      answer(view, '/v1/models/{id}', request, reply, (principal) =>
        present(findModel(gateway.catalog, principal, (request.params as { id: string }).id), view.createdSeconds),
      ),
  });
  return [list, one];
}
