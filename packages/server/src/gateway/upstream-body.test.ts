import { chatCompletionRequest } from '@turnpike/contract/openai-chat';
import { describe, expect, test } from 'vitest';
import type { ModelEntry } from './catalog.ts';
import { upstreamBody } from './upstream-body.ts';

const model: ModelEntry = {
  name: 'm',
  config: { targets: [], context_tokens: 1_000, max_output_tokens: 400, capabilities: ['chat'], byok: false },
  inputNanosPerToken: 0,
  cachedInputNanosPerToken: 0,
  outputNanosPerToken: 0,
  currency: 'EUR',
};
const basic = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
/** What goes out when of `wanted` tokens so many were granted. */
function sent(change: object, granted = 400, wanted = 400): Record<string, unknown> {
  const body = { ...basic, ...change };
  const entitlement = { model, promptTokens: 10, outputTokens: wanted, atLeastOutputTokens: 1 };
  return upstreamBody({ kind: 'chat', body, request: chatCompletionRequest.parse(body) }, entitlement, {
    reservation: { id: 'r', held: [] },
    states: [],
    outputTokens: granted,
  });
}

describe('the body for the upstream', () => {
  test('is the client’s, with fields nobody here knows', () => {
    const change = { seed: 1, unheard_of: { deep: [1, null] }, temperature: 0.5 };
    expect(sent(change)).toEqual({ ...basic, ...change });
  });

  test('asks a stream for usage, and keeps its other options', () => {
    expect(sent({ stream: true })).toEqual({ ...basic, stream: true, stream_options: { include_usage: true } });
    expect(sent({ stream: true, stream_options: { include_usage: false, other: 1 } })['stream_options']).toEqual({
      include_usage: true,
      other: 1,
    });
    expect(sent({ stream: true, stream_options: null })['stream_options']).toEqual({ include_usage: true });
    expect(sent({ stream: false })).not.toHaveProperty('stream_options');
  });

  test('bounds the answer only where less was granted than wanted', () => {
    expect(sent({})).not.toHaveProperty('max_tokens');
    expect(sent({}, 300)).toMatchObject({ max_tokens: 300 });
    expect(sent({ n: 4 }, 301)).toMatchObject({ max_tokens: 75 });
    expect(sent({ n: 4 }, 2)).toMatchObject({ max_tokens: 1 });
    expect(sent({ max_completion_tokens: 350 }, 300, 350)).toMatchObject({ max_completion_tokens: 300 });
  });

  test('leaves the client’s own object alone', () => {
    const body = { ...basic, stream: true };
    upstreamBody(
      { kind: 'chat', body, request: chatCompletionRequest.parse(body) },
      { model, promptTokens: 1, outputTokens: 1, atLeastOutputTokens: 1 },
      { reservation: { id: 'r', held: [] }, states: [], outputTokens: 1 },
    );
    expect(body).toEqual({ ...basic, stream: true });
  });
});
