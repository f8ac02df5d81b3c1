import { modelList, modelObject } from '@turnpike/contract/openai-chat';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { toAppError } from '../../../errors.ts';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { renderError } from '../../../http/error-body.ts';
import { sendJson } from '../../../http/send-json.ts';
import type { Principal } from '../../../keys/key.ts';
import type { ModelEntry } from '../../catalog.ts';
import { findModel, mayUseModel, requireScope } from '../../entitle.ts';
import type { Gateway } from '../../gateway.ts';
import { logRefusal } from '../../log-refusal.ts';
import { bearerSecret } from '../bearer.ts';
import { asRecord, openAiHeaders, standing } from './limit-headers.ts';

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
async function answer(view: ModelView, request: FastifyRequest, reply: FastifyReply, read: (principal: Principal) => unknown): Promise<void> {
  const { gateway } = view;
  let principal: Principal | undefined;
  try {
    principal = await gateway.authenticator.authenticate(bearerSecret(request.headers.authorization));
    requireScope(principal, 'models');
    const body = read(principal);
    sendJson(reply, 200, asRecord(openAiHeaders(gateway, request.id, await standing(gateway, principal))), body);
  } catch (error) {
    const appError = toAppError(error);
    logRefusal(gateway, { requestId: request.id, surface, principal, error: appError });
    const rendered = renderError(appError, gateway.documentationUrl);
    const headers = asRecord(openAiHeaders(gateway, request.id, await standing(gateway, principal)));
    sendJson(reply, rendered.status, { ...headers, ...rendered.headers }, rendered.body);
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
    responses: { 200: { description: 'Models', schema: modelList } },
    handle: (request, reply) =>
      answer(view, request, reply, (principal) => ({
        object: 'list',
        data: gateway.catalog.models.filter((entry) => mayUseModel(gateway.catalog, principal, entry.name)).map((entry) => present(entry, view.createdSeconds)),
      })),
  });
  const one = rawRoute({
    method: 'GET',
    path: '/v1/models/{id}',
    operationId: 'getModel',
    summary: 'Describe one model',
    tag: 'openai',
    security: 'key',
    params: z.object({ id: z.string() }),
    responses: { 200: { description: 'The model', schema: modelObject } },
    handle: (request, reply) => answer(view, request, reply, (principal) => present(findModel(gateway.catalog, principal, (request.params as { id: string }).id), view.createdSeconds)),
  });
  return [list, one];
}
