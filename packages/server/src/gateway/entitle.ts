import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import type { EmbeddingsRequest } from '@turnpike/contract/openai-embeddings';
import type { Capability, Feature } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import type { Principal, Scope } from '../keys/key.ts';
import { estimatePromptTokens, estimateTextTokens } from '../tokens/estimate.ts';
import type { Catalog, ModelEntry } from './catalog.ts';
import type { ChatReading, Reading } from './reading.ts';

/** A key without an answer of at least this many tokens is of no use to anybody. */
const smallestAnswerTokens = 256;

/** What a checked request will be sent as and may cost at most. */
export interface Entitlement {
  readonly model: ModelEntry;
  readonly promptTokens: number;
  /** Largest answer, all choices together. */
  readonly outputTokens: number;
  /** The least worth granting when windows are nearly full: the whole of it when the client named a maximum. */
  readonly atLeastOutputTokens: number;
}

/** @throws AppError TENANT_SUSPENDED, INSUFFICIENT_SCOPE */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.suspended)
    throw new AppError('TENANT_SUSPENDED', 'This account is suspended. Contact the provider to have it opened again.');
  if (principal.scopes.has(scope)) return;
  const { resourceMetadata } = principal;
  const which = resourceMetadata === undefined ? 'key' : 'token';
  const way =
    resourceMetadata === undefined
      ? 'Use a key that has it, or create one with it in the dashboard under API keys.'
      : 'Authorize again and ask for it.';
  const metadata = resourceMetadata === undefined ? '' : `, resource_metadata="${resourceMetadata}"`;
  throw new AppError('INSUFFICIENT_SCOPE', `This ${which} lacks the scope "${scope}". ${way}`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"${metadata}` },
  });
}

/** After the trial everything can still be read, but nothing is carried out. @throws AppError TRIAL_ENDED */
export function requireOpenTrial({ trialEndsAtMs }: Principal, nowMs: number): void {
  if (trialEndsAtMs === undefined || nowMs < trialEndsAtMs) return;
  throw new AppError(
    'TRIAL_ENDED',
    'The trial of this account is over. Choose a plan in the console under Billing; nothing was deleted.',
  );
}

/** A plan that the configuration no longer has must not mean "no limits". @throws AppError PLAN_LIMIT_EXCEEDED */
function requirePlan(catalog: Catalog, principal: Principal): void {
  if (principal.limits !== undefined || catalog.plan(principal.plan) !== undefined) return;
  throw new AppError(
    'PLAN_LIMIT_EXCEEDED',
    `The plan ${JSON.stringify(principal.plan)} of this account is no longer offered. Ask the provider to assign another one.`,
  );
}

/** Does the plan include it? */
export function hasFeature(catalog: Catalog, principal: Principal, feature: Feature): boolean {
  return catalog.plan(principal.plan)?.features?.includes(feature) ?? true;
}

/** A plan may leave out a surface or an extra. @throws AppError PLAN_LIMIT_EXCEEDED */
export function requireFeature(catalog: Catalog, principal: Principal, feature: Feature): void {
  requirePlan(catalog, principal);
  if (hasFeature(catalog, principal, feature)) return;
  const able = catalog.plansWith(feature);
  const way = able.length === 0 ? 'Ask the provider for one that does.' : `These do: ${able.join(', ')}.`;
  throw new AppError(
    'PLAN_LIMIT_EXCEEDED',
    `The plan ${JSON.stringify(principal.plan)} of this account does not include ${JSON.stringify(feature)}. ${way}`,
  );
}

/** May this principal see and call the model? */
export function mayUseModel(catalog: Catalog, principal: Principal, model: string): boolean {
  if (principal.models !== null && !principal.models.has(model)) return false;
  const planModels = catalog.plan(principal.plan)?.models;
  return planModels === undefined || planModels.includes(model);
}

/** @throws AppError model_not_found, MODEL_NOT_ALLOWED */
export function findModel(catalog: Catalog, principal: Principal, name: string): ModelEntry {
  const model = catalog.model(name);
  if (model === undefined)
    throw new AppError(
      'model_not_found',
      `There is no model ${JSON.stringify(name)}. GET /v1/models lists those this key may use.`,
      { param: 'model' },
    );
  if (mayUseModel(catalog, principal, name)) return model;
  throw new AppError(
    'MODEL_NOT_ALLOWED',
    `This key or its plan may not use the model ${JSON.stringify(name)}. GET /v1/models lists those it may use.`,
    { param: 'model' },
  );
}

interface Need {
  readonly capability: Capability;
  readonly param: string;
}

function hasImage(content: ChatCompletionRequest['messages'][number]['content']): boolean {
  return Array.isArray(content) && content.some((part) => part.type === 'image_url' || part.type === 'input_image');
}

/** What the request asks of a model beyond plain chat. */
function needsOf(request: ChatCompletionRequest): Need[] {
  const needs: Need[] = [{ capability: 'chat', param: 'model' }];
  if (request.tools !== undefined && request.tools !== null && request.tools.length > 0)
    needs.push({ capability: 'tools', param: 'tools' });
  const format = request.response_format?.type;
  if (format === 'json_object' || format === 'json_schema')
    needs.push({ capability: 'json', param: 'response_format' });
  const effort = request['reasoning_effort'];
  if (typeof effort === 'string' && effort !== 'none')
    needs.push({ capability: 'reasoning', param: 'reasoning_effort' });
  const index = request.messages.findIndex((message) => hasImage(message.content));
  if (index !== -1) needs.push({ capability: 'vision', param: `messages.${index}.content` });
  return needs;
}

function requireCapabilities(catalog: Catalog, model: ModelEntry, needs: readonly Need[]): void {
  for (const { capability, param } of needs) {
    if (model.config.capabilities.includes(capability)) continue;
    const able = catalog.modelsWith(capability);
    const way = able.length === 0 ? 'No model here can.' : `These can: ${able.slice(0, 10).join(', ')}.`;
    throw new AppError(
      'UNSUPPORTED_CAPABILITY',
      `The model ${JSON.stringify(model.name)} cannot do ${JSON.stringify(capability)}. ${way}`,
      { param },
    );
  }
}

/** What a conversation may cost at most. @throws AppError UNSUPPORTED_CAPABILITY, INVALID_REQUEST (max_tokens), context_length_exceeded */
function entitleChat(catalog: Catalog, model: ModelEntry, reading: ChatReading): Entitlement {
  const { request } = reading;
  requireCapabilities(catalog, model, needsOf(request));
  const promptTokens = reading.promptTokens ?? estimatePromptTokens(reading.body);
  const { max_output_tokens: maxOutput, context_tokens: context } = model.config;
  const param =
    request.max_completion_tokens === undefined || request.max_completion_tokens === null
      ? 'max_tokens'
      : 'max_completion_tokens';
  const named = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  if (named !== undefined && named > maxOutput)
    throw new AppError(
      'INVALID_REQUEST',
      `${param}: ${named} is more than the ${maxOutput} tokens ${JSON.stringify(model.name)} can answer with.`,
      { param },
    );
  if (promptTokens + (named ?? 1) > context) {
    const asked = named === undefined ? '' : ` and ${named} for the answer`;
    throw new AppError(
      'context_length_exceeded',
      `The request needs about ${promptTokens} tokens for the messages${asked}; ${JSON.stringify(model.name)} has room for ${context}. Shorten the messages${named === undefined ? '' : ` or lower ${param}`}.`,
      { param: 'messages' },
    );
  }
  const choices = request.n ?? 1;
  const largest = Math.min(named ?? maxOutput, context - promptTokens) * choices;
  return {
    model,
    promptTokens,
    outputTokens: largest,
    atLeastOutputTokens: named === undefined ? Math.min(largest, smallestAnswerTokens * choices) : largest,
  };
}

function inputTexts({ input }: EmbeddingsRequest): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input as number[]] : (input as (string | number[])[]);
}

/** Each text is embedded by itself, so that each must fit the model. @throws AppError UNSUPPORTED_CAPABILITY, context_length_exceeded */
function entitleEmbeddings(catalog: Catalog, model: ModelEntry, request: EmbeddingsRequest): Entitlement {
  requireCapabilities(catalog, model, [{ capability: 'embeddings', param: 'model' }]);
  const { context_tokens: context } = model.config;
  let promptTokens = 0;
  for (const [index, text] of inputTexts(request).entries()) {
    const tokens = typeof text === 'string' ? estimateTextTokens(text) : text.length;
    if (tokens > context)
      throw new AppError(
        'context_length_exceeded',
        `input.${index}: about ${tokens} tokens; ${JSON.stringify(model.name)} has room for ${context} a text. Split it.`,
        { param: 'input' },
      );
    promptTokens += tokens;
  }
  return { model, promptTokens, outputTokens: 0, atLeastOutputTokens: 0 };
}

/** Moderation costs no tokens of the plan: it counts as a request. */
function entitleModeration(catalog: Catalog, model: ModelEntry): Entitlement {
  requireCapabilities(catalog, model, [{ capability: 'moderation', param: 'model' }]);
  return { model, promptTokens: 0, outputTokens: 0, atLeastOutputTokens: 0 };
}

/** The scope each kind of call needs. */
const scopeOf = { chat: 'chat', embeddings: 'embeddings', moderation: 'chat' } as const satisfies Record<
  Reading['kind'],
  Scope
>;

/** A moderation may leave the model to us. */
function modelName(catalog: Catalog, principal: Principal, reading: Reading): string {
  const { model } = reading.request;
  if (model !== undefined) return model;
  const able = catalog.modelsWith('moderation').find((name) => mayUseModel(catalog, principal, name));
  if (able !== undefined) return able;
  throw new AppError('UNSUPPORTED_CAPABILITY', 'No model here can moderate.', { param: 'model' });
}

/**
 * Step 6 of the road: scope, plan, model, capabilities, context size. Pure; nothing is consumed.
 * @param feature what the plan must include for this surface
 * @throws AppError TENANT_SUSPENDED, INSUFFICIENT_SCOPE, PLAN_LIMIT_EXCEEDED, model_not_found, MODEL_NOT_ALLOWED,
 *   UNSUPPORTED_CAPABILITY, INVALID_REQUEST (max_tokens), context_length_exceeded
 */
export function entitle(
  catalog: Catalog,
  principal: Principal,
  reading: Reading,
  feature: Feature | undefined,
): Entitlement {
  requireScope(principal, scopeOf[reading.kind]);
  requirePlan(catalog, principal);
  if (feature !== undefined) requireFeature(catalog, principal, feature);
  const own = reading.kind === 'chat' ? reading.model : undefined;
  const model = own ?? findModel(catalog, principal, modelName(catalog, principal, reading));
  if (model.config.byok) requireFeature(catalog, principal, 'byok');
  if (reading.kind === 'chat') return entitleChat(catalog, model, reading);
  return reading.kind === 'embeddings'
    ? entitleEmbeddings(catalog, model, reading.request)
    : entitleModeration(catalog, model);
}
