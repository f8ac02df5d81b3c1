import {
  response as responseSchema,
  responsesRequest,
  type ResponsesRequest,
} from '@turnpike/contract/openai-responses';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../providers/provider.ts';
import { chatToResponse } from './chat-to-response.ts';
import fixture from './fixtures/answer.json' with { type: 'json' };
import type { ResponseSeed } from './response-object.ts';

function seedOf(given: JsonObject = {}): ResponseSeed {
  const request: ResponsesRequest = responsesRequest.parse({ model: 'large', input: 'x', ...given });
  let next = 0;
  return {
    id: 'resp_0',
    createdAtSeconds: 1768478400,
    request,
    newItemId: (kind) => `${kind}_${(next += 1)}`,
    nowMs: () => 1768478401_500,
  };
}

function answer(message: JsonObject, finishReason = 'stop', more: JsonObject = {}): JsonObject {
  return { model: 'large', choices: [{ index: 0, finish_reason: finishReason, message, ...more }], usage: null };
}

describe('a chat answer as a Response', () => {
  test('has all items in their order, and repeats the request', () => {
    const response = chatToResponse(fixture.completion, seedOf({ instructions: 'Be brief.' }));
    expect(response).toEqual(fixture.response);
    expect(responseSchema.safeParse(response).success).toBe(true);
  });

  test('is incomplete where the model was stopped, and so is its last item', () => {
    const response = chatToResponse(answer({ content: 'Once upon', reasoning_content: 'hm' }, 'length'), seedOf());
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      completed_at: null,
      output: [
        { type: 'reasoning', status: 'completed' },
        { type: 'message', status: 'incomplete' },
      ],
    });
    expect(chatToResponse(answer({ content: 'a' }, 'content_filter'), seedOf())).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
    });
  });

  test('carries a refusal and log probabilities', () => {
    const logprobs = { content: [{ token: 'No', logprob: -0.1, bytes: [78, 111], top_logprobs: [] }] };
    const response = chatToResponse(answer({ content: 'No', refusal: 'I will not.' }, 'stop', { logprobs }), seedOf());
    expect(response['output']).toMatchObject([
      {
        content: [
          { type: 'output_text', text: 'No', logprobs: logprobs.content },
          { type: 'refusal', refusal: 'I will not.' },
        ],
      },
    ]);
  });

  test.each([
    ['no choices', { model: 'large' }],
    ['an empty message', answer({ content: '' })],
    ['a null message', { model: 'large', choices: [{ message: null, finish_reason: null }] }],
    ['a null choice', { model: 'large', choices: [null] }],
  ])('has no output where there is none: %s', (_, completion) => {
    expect(chatToResponse(completion, seedOf())).toMatchObject({ status: 'completed', output: [], usage: null });
  });

  test('gives a call its id where the upstream gave none', () => {
    const call = { type: 'function', function: { name: 'f', arguments: '{}' } };
    const response = chatToResponse(answer({ content: null, tool_calls: [null, call] }), seedOf());
    expect(response['output']).toMatchObject([{ id: 'fc_2', call_id: 'call_1', name: 'f' }]);
  });

  test('repeats every parameter of the request', () => {
    const given = {
      temperature: 0.5,
      top_p: 0.25,
      max_output_tokens: 9,
      tools: [{ type: 'function', name: 'f' }],
      tool_choice: 'none',
      parallel_tool_calls: false,
      text: { format: { type: 'json_object' }, verbosity: 'high' },
      reasoning: { effort: 'high' },
      metadata: { a: 'b' },
      store: false,
      user: 'me',
      truncation: 'auto',
      previous_response_id: 'resp_9',
    };
    expect(chatToResponse(answer({ content: 'a' }), seedOf(given))).toMatchObject({
      ...given,
      tools: [{ type: 'function', name: 'f', description: null, parameters: null, strict: null }],
      reasoning: { effort: 'high', summary: null },
    });
  });
});
