import { anthropicError, countTokensRequest, countTokensResponse } from '@turnpike/contract/anthropic-messages';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { headerRecord } from '../../../http/failure.ts';
import { sendJson } from '../../../http/send-json.ts';
import { validate } from '../../../http/validate.ts';
import type { Principal } from '../../../keys/key.ts';
import { isJsonObject } from '../../../providers/json.ts';
import type { NativeRequest } from '../../../providers/provider.ts';
import type { Target } from '../../../routing/order-targets.ts';
import { targetsInRegion } from '../../../routing/region.ts';
import type { ModelEntry } from '../../catalog.ts';
import { findModel, requireFeature, requireScope } from '../../entitle.ts';
import type { Gateway } from '../../gateway.ts';
import { requestHeader } from '../request-headers.ts';
import { AnthropicCaller, keyOf } from './anthropic-caller.ts';
import { anthropicErrors } from './anthropic-errors.ts';
import { countPrompt } from './count-prompt.ts';
import { messagesToChat, type ChatTranslation } from './messages-to-chat.ts';
import { isReasoning } from './model-traits.ts';
import { nativeRequest } from './native-request.ts';

const surface = 'anthropic-count-tokens';
const route = '/v1/messages/count_tokens';

interface Counting {
  readonly gateway: Gateway;
  readonly principal: Principal;
  readonly model: ModelEntry;
  readonly requestId: string;
  /** Demanded by the request. */
  readonly region: string | undefined;
  readonly translation: ChatTranslation;
  readonly native: NativeRequest;
}

/**
 * The target that would be asked first: where the request may be sent, and among those that understand it.
 * @throws AppError REGION_NOT_AVAILABLE, INVALID_REQUEST where no target understands the request
 */
function firstTarget({ gateway, principal, model, region, translation, native }: Counting): Target | undefined {
  const { providers, regionOf } = gateway;
  // A test key reaches no upstream.
  const targets =
    principal.mode === 'test' ? [] : targetsInRegion(model.config.targets, [principal.region, region], regionOf);
  if (translation.gap === undefined) return targets[0];
  const able = targets.find(({ upstream }) => providers.get(upstream)?.speaks === native.protocol);
  if (able === undefined) throw translation.gap;
  return able;
}

/** Exact where the target can count, else by our tokenizer. @throws AppError as `firstTarget`, byok_provider_missing, and the upstream's */
async function count(counting: Counting, signal: AbortSignal): Promise<number> {
  const { gateway, principal, model, requestId, translation, native } = counting;
  const target = firstTarget(counting);
  const provider = target === undefined ? undefined : gateway.providers.get(target.upstream);
  if (target === undefined || provider?.countTokens === undefined)
    return countPrompt(translation.body, gateway.countTokens);
  const credential = model.config.byok ? await gateway.credentialFor(principal, target.upstream) : undefined;
  return provider.countTokens({
    body: { ...translation.body, model: target.model },
    native: { ...native, body: { ...native.body, model: target.model } },
    requestId,
    signal,
    ...(credential === undefined ? {} : { credential }),
  });
}

/** Aborted when the client leaves before it has its answer. */
function leavingOf(reply: FastifyReply): AbortSignal {
  const left = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) left.abort();
  });
  return left.signal;
}

async function handle(gateway: Gateway, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const caller = new AnthropicCaller(gateway, request, surface);
  try {
    const principal = await gateway.authenticator.authenticate(keyOf(request));
    caller.principal = principal;
    caller.contract = gateway.contracts.bind(route, requestHeader(request, 'api-version'), principal.pinnedVersion);
    for (const subject of caller.contract.subjects) gateway.versionUsage.note(principal, subject);
    requireScope(principal, 'chat');
    requireFeature(gateway.catalog, principal, 'messages');
    const asked = validate(countTokensRequest, request.body, 'body');
    const model = findModel(gateway.catalog, principal, asked.model);
    if (model.config.byok) requireFeature(gateway.catalog, principal, 'byok');
    const counting = {
      gateway,
      principal,
      model,
      requestId: request.id,
      region: requestHeader(request, 'x-turnpike-region')?.toLowerCase(),
      translation: messagesToChat(asked, { reasoning: isReasoning(gateway.catalog, asked.model) }),
      native: nativeRequest(request, isJsonObject(request.body) ? request.body : {}, asked.messages),
    };
    const body = { input_tokens: await count(counting, leavingOf(reply)) };
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

/** POST /v1/messages/count_tokens: how long a prompt is, without an answer. It takes nothing from the limits. */
export function countTokensRoute(gateway: Gateway): RawRoute {
  return rawRoute({
    method: 'POST',
    path: route,
    operationId: 'countMessageTokens',
    summary: 'Count the tokens of a Messages prompt',
    description:
      'Exact where the model’s server counts; else by the tokenizer of this server, which may differ from the model’s by some percent. Nothing is taken from the limits of the plan.',
    tag: 'anthropic',
    security: 'key',
    scope: 'chat',
    renderFailure: anthropicErrors.failure,
    errorSchema: anthropicError,
    body: countTokensRequest,
    responses: { 200: { description: 'The count', schema: countTokensResponse } },
    handle: (request, reply) => handle(gateway, request, reply),
  });
}
