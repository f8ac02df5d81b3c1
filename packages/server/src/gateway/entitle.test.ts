import type { ChatCompletionRequest } from '@turnpike/contract/openai-chat';
import { describe, expect, test } from 'vitest';
import { settingsSchema, type SettingsInput } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import type { Principal } from '../keys/key.ts';
import { createCatalog } from './catalog.ts';
import { entitle, findModel, mayUseModel } from './entitle.ts';
import type { ChatReading } from './reading.ts';

const target = [{ upstream: 'u', model: 'x' }];
const input: SettingsInput = {
  brand: { name: 'Test', key_prefix: 'sk-', test_key_prefix: 'tk-', service_id: 'test' },
  default_plan: 'free',
  upstreams: { u: { kind: 'builtin' } },
  models: {
    plain: { targets: target, context_tokens: 1_000, max_output_tokens: 400, capabilities: ['chat'] },
    able: {
      targets: target,
      context_tokens: 1_000,
      max_output_tokens: 400,
      capabilities: ['chat', 'tools', 'json', 'vision'],
    },
    vectors: { targets: target, context_tokens: 1_000, max_output_tokens: 400, capabilities: ['embeddings'] },
  },
  plans: { free: {}, narrow: { models: ['plain'] } },
};
const catalog = createCatalog(settingsSchema.parse(input));
const owner: Principal = {
  tenantId: 'ten_1',
  keyId: 'key_1',
  mode: 'live',
  scopes: new Set(['chat', 'models']),
  models: null,
  plan: 'free',
  suspended: false,
  pinnedVersion: undefined,
};
const request = (change: Partial<ChatCompletionRequest> = {}): ChatCompletionRequest => ({
  model: 'able',
  messages: [{ role: 'user', content: 'x' }],
  ...change,
});

const chat = (checked: ChatCompletionRequest, promptTokens: number): ChatReading => ({
  kind: 'chat',
  request: checked,
  body: checked,
  promptTokens,
});

function refusal(who: Partial<Principal>, what: Partial<ChatCompletionRequest>, promptTokens = 10): AppError {
  try {
    entitle(catalog, { ...owner, ...who }, chat(request(what), promptTokens), undefined);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was granted');
}

describe('a request is refused', () => {
  test.each<[string, Partial<Principal>, Partial<ChatCompletionRequest>, string, string | undefined]>([
    ['for a suspended tenant', { suspended: true }, {}, 'TENANT_SUSPENDED', undefined],
    ['without the scope', { scopes: new Set(['models']) }, {}, 'INSUFFICIENT_SCOPE', undefined],
    ['on a plan that is no longer there', { plan: 'gone' }, {}, 'PLAN_LIMIT_EXCEEDED', undefined],
    ['on a plan named like a method of objects', { plan: 'constructor' }, {}, 'PLAN_LIMIT_EXCEEDED', undefined],
    ['for a model there is none of', {}, { model: 'nothing' }, 'model_not_found', 'model'],
    ['for a model named like a method of objects', {}, { model: 'toString' }, 'model_not_found', 'model'],
    ['for a model the key may not use', { models: new Set(['plain']) }, {}, 'MODEL_NOT_ALLOWED', 'model'],
    ['for a model the plan may not use', { plan: 'narrow' }, {}, 'MODEL_NOT_ALLOWED', 'model'],
    ['for chat with a model that cannot chat', {}, { model: 'vectors' }, 'UNSUPPORTED_CAPABILITY', 'model'],
    ['for tools', {}, { model: 'plain', tools: [{ type: 'function' }] }, 'UNSUPPORTED_CAPABILITY', 'tools'],
    [
      'for a JSON schema',
      {},
      { model: 'plain', response_format: { type: 'json_schema' } },
      'UNSUPPORTED_CAPABILITY',
      'response_format',
    ],
    ['for reasoning', {}, { model: 'plain', reasoning_effort: 'high' }, 'UNSUPPORTED_CAPABILITY', 'reasoning_effort'],
    [
      'for an image',
      {},
      {
        model: 'plain',
        messages: [
          { role: 'system', content: 'x' },
          { role: 'user', content: [{ type: 'text' }, { type: 'image_url' }] },
        ],
      },
      'UNSUPPORTED_CAPABILITY',
      'messages.1.content',
    ],
    ['for more than the model can answer', {}, { max_tokens: 401 }, 'INVALID_REQUEST', 'max_tokens'],
    [
      'for more than that by its newer name',
      {},
      { max_completion_tokens: 401 },
      'INVALID_REQUEST',
      'max_completion_tokens',
    ],
  ])('%s', (_what, who, what, code, param) => {
    const error = refusal(who, what);
    expect([error.code, error.param]).toEqual([code, param]);
  });

  test('where it does not fit the context, and told what would', () => {
    expect(refusal({}, {}, 1_000)).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
    expect(refusal({}, { max_tokens: 300 }, 701).message).toContain('lower max_tokens');
    expect(entitle(catalog, owner, chat(request(), 999), undefined).outputTokens).toBe(1);
    expect(entitle(catalog, owner, chat(request({ max_tokens: 300 }), 700), undefined).outputTokens).toBe(300);
  });

  test('with the models that could instead', () => {
    expect(refusal({}, { model: 'plain', tools: [{ type: 'function' }] }).message).toContain('able');
  });
});

describe('a request is granted', () => {
  test.each<[string, Partial<ChatCompletionRequest>, number, number, number]>([
    ['the largest answer and at least a useful one, where it names none', {}, 10, 400, 256],
    ['what is left of the context', {}, 900, 100, 100],
    ['what it names, whole or not at all', { max_tokens: 50 }, 10, 50, 50],
    ['what it names by the newer name, before the older', { max_tokens: 50, max_completion_tokens: 60 }, 10, 60, 60],
    ['that for each choice', { max_tokens: 50, n: 3 }, 10, 150, 150],
    ['a useful answer for each choice', { n: 2 }, 10, 800, 512],
    [
      'nulls as if they were not there',
      { max_tokens: null, n: null, tools: null, response_format: null },
      10,
      400,
      256,
    ],
  ])('%s', (_what, change, promptTokens, outputTokens, atLeastOutputTokens) => {
    expect(entitle(catalog, owner, chat(request(change), promptTokens), undefined)).toMatchObject({
      promptTokens,
      outputTokens,
      atLeastOutputTokens,
    });
  });

  test('tools, JSON and images where the model can', () => {
    const all = {
      tools: [{ type: 'function' }],
      response_format: { type: 'json_object' },
      messages: [{ role: 'user' as const, content: [{ type: 'image_url' }] }],
    };
    expect(entitle(catalog, owner, chat(request(all), 10), undefined).model.name).toBe('able');
    expect(
      entitle(
        catalog,
        owner,
        chat(request({ model: 'plain', tools: [], response_format: { type: 'text' } }), 10),
        undefined,
      ).model.name,
    ).toBe('plain');
  });
});

test('a key sees the models that both it and its plan may use', () => {
  const seen = (who: Partial<Principal>) =>
    catalog.models.filter((model) => mayUseModel(catalog, { ...owner, ...who }, model.name)).map((model) => model.name);
  expect(seen({})).toEqual(['plain', 'able', 'vectors']);
  expect(seen({ plan: 'narrow' })).toEqual(['plain']);
  expect(seen({ plan: 'narrow', models: new Set(['able']) })).toEqual([]);
  expect(findModel(catalog, owner, 'plain').name).toBe('plain');
});

test('prices are whole billionths of a token', () => {
  const priced = settingsSchema.parse({
    ...input,
    models: {
      plain: {
        targets: target,
        context_tokens: 1,
        max_output_tokens: 1,
        capabilities: ['chat'],
        price: { input_per_million: 0.1, output_per_million: 0.3, currency: 'EUR' },
      },
    },
  });
  expect(createCatalog(priced).model('plain')).toMatchObject({
    inputNanosPerToken: 100,
    cachedInputNanosPerToken: 100,
    outputNanosPerToken: 300,
    currency: 'EUR',
  });
});
