import { ulid } from '../ids.ts';
import type { UsageEvent, UsageOpen } from '../usage/usage-event.ts';

/** An open record with everything in it; tests name what matters to them. */
export function usageOpen(changes: Partial<UsageOpen> = {}): UsageOpen {
  const startedAtMs = changes.startedAtMs ?? Date.UTC(2026, 10, 23, 12);
  return {
    id: ulid(startedAtMs),
    requestId: 'req_test',
    tenantId: 'ten_1',
    keyId: 'key_1',
    mode: 'live',
    surface: 'openai-chat',
    model: 'model-a',
    target: 'upstream/model-a',
    stream: true,
    startedAtMs,
    promptTokens: 10,
    inputNanosPerToken: 100,
    cachedInputNanosPerToken: 50,
    outputNanosPerToken: 300,
    currency: 'EUR',
    ...changes,
  };
}

/** The end of a request. */
export function usageEvent(open: UsageOpen, changes: Partial<UsageEvent> = {}): UsageEvent {
  return {
    ...open,
    status: 'completed',
    httpStatus: 200,
    errorCode: null,
    completionTokens: 5,
    cachedTokens: 0,
    reasoningTokens: 0,
    estimated: false,
    costNanos: 2_500,
    durationMs: 120,
    firstByteMs: 30,
    ...changes,
  };
}
