import {
  chunksOf,
  contentOf,
  finishReasonOf,
  usageOf,
  type ChatScript,
  type FakeBody,
  type RenderedEvent,
} from './fake-upstream-script.ts';

const finishReasons: Readonly<Record<string, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  tool_calls: 'STOP',
  content_filter: 'SAFETY',
};

function response(script: ChatScript, body: FakeBody, id: string, parts: FakeBody[], isLast: boolean): FakeBody {
  const usage = usageOf(script, body);
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens;
  const cached = usage?.prompt_tokens_details?.cached_tokens;
  const reason = finishReasonOf(script);
  const metadata =
    usage === null
      ? {}
      : {
          usageMetadata: {
            promptTokenCount: usage.prompt_tokens,
            ...(cached === undefined ? {} : { cachedContentTokenCount: cached }),
            ...(isLast ? { candidatesTokenCount: usage.completion_tokens - (reasoning ?? 0) } : {}),
            ...(isLast && reasoning !== undefined ? { thoughtsTokenCount: reasoning } : {}),
            totalTokenCount: isLast ? usage.total_tokens : usage.prompt_tokens,
          },
        };
  const candidate = { index: 0, content: { role: 'model', parts } };
  return {
    candidates: [isLast ? { ...candidate, finishReason: finishReasons[reason] ?? reason } : candidate],
    ...metadata,
    modelVersion: script.model ?? body['model'],
    responseId: id,
  };
}

function thoughtParts(script: ChatScript): FakeBody[] {
  return script.reasoning === undefined ? [] : [{ text: script.reasoning, thought: true }];
}

function callParts(script: ChatScript): FakeBody[] {
  return (script.toolCalls ?? []).map((call) => ({
    functionCall: { id: call.id, name: call.name, args: JSON.parse(call.arguments) as unknown },
  }));
}

/** The answer as a GenerateContentResponse. */
export function renderGeminiJson(script: ChatScript, body: FakeBody, id: string): FakeBody {
  const text = contentOf(script, body);
  const parts = [...thoughtParts(script), ...(text === '' ? [] : [{ text }]), ...callParts(script)];
  return response(script, body, id, parts, true);
}

/** The answer as the events of a stream: the last one has the finish reason. */
export function renderGeminiEvents(script: ChatScript, body: FakeBody, id: string): RenderedEvent[] {
  const event = (parts: FakeBody[], isChunk: boolean, isLast = false): RenderedEvent => ({
    data: JSON.stringify(response(script, body, id, parts, isLast)),
    isChunk,
  });
  return [
    ...thoughtParts(script).map((part) => event([part], false)),
    ...chunksOf(script, body).map((text) => event([{ text }], true)),
    ...callParts(script).map((part) => event([part], true)),
    event([{ text: '' }], false, true),
  ];
}
