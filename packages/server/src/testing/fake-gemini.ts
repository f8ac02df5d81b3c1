import {
  chunksOf,
  contentOf,
  finishReasonOf,
  isObject,
  usageOf,
  type ChatScript,
  type FakeBody,
  type FakeToolCall,
  type RenderedEvent,
} from './fake-upstream-script.ts';

const finishReasons: Readonly<Record<string, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  tool_calls: 'STOP',
  content_filter: 'SAFETY',
};

/** Gemini's calls have an object: one a model wrote wrongly does not come at all. */
function argumentsOf(call: FakeToolCall): FakeBody | undefined {
  try {
    const value: unknown = JSON.parse(call.arguments);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** In Gemini's words; a script may use them itself. */
function reasonOf(script: ChatScript): string {
  if (script.toolCalls?.some((call) => argumentsOf(call) === undefined) === true) return 'MALFORMED_FUNCTION_CALL';
  const reason = finishReasonOf(script);
  return finishReasons[reason] ?? reason;
}

function thoughtParts(script: ChatScript): FakeBody[] {
  return script.reasoning === undefined ? [] : [{ text: script.reasoning, thought: true }];
}

function callParts(script: ChatScript): FakeBody[] {
  return (script.toolCalls ?? []).flatMap((call) => {
    const args = argumentsOf(call);
    return args === undefined ? [] : [{ functionCall: { id: call.id, name: call.name, args } }];
  });
}

/** Writes GenerateContentResponses of one answer; counts that do not change are made once. */
class Responses {
  readonly #script: ChatScript;
  readonly #base: FakeBody;
  readonly #first: FakeBody;
  readonly #last: FakeBody;
  readonly #indexes: readonly number[];

  constructor(script: ChatScript, body: FakeBody, id: string) {
    const usage = usageOf(script, body);
    const { candidateCount } = isObject(body['generationConfig']) ? body['generationConfig'] : {};
    const reasoning = usage?.completion_tokens_details?.reasoning_tokens;
    const cached = usage?.prompt_tokens_details?.cached_tokens;
    const prompt = {
      promptTokenCount: usage?.prompt_tokens,
      ...(cached === undefined ? {} : { cachedContentTokenCount: cached }),
    };
    this.#script = script;
    this.#base = { modelVersion: script.model ?? body['model'], responseId: id };
    this.#indexes = Array.from(
      { length: typeof candidateCount === 'number' ? candidateCount : 1 },
      (_, index) => index,
    );
    this.#first = usage === null ? {} : { usageMetadata: { ...prompt, totalTokenCount: usage.prompt_tokens } };
    this.#last =
      usage === null
        ? {}
        : {
            usageMetadata: {
              ...prompt,
              candidatesTokenCount: usage.completion_tokens - (reasoning ?? 0),
              ...(reasoning === undefined ? {} : { thoughtsTokenCount: reasoning }),
              totalTokenCount: usage.total_tokens,
            },
          };
  }

  /** The same parts of every candidate. */
  response(parts: readonly FakeBody[], isLast: boolean): FakeBody {
    const ending = isLast ? { finishReason: reasonOf(this.#script) } : {};
    const candidates = this.#indexes.map((index) => ({ content: { parts, role: 'model' }, ...ending, index }));
    return { candidates, ...(isLast ? this.#last : this.#first), ...this.#base };
  }
}

/** The answer as a GenerateContentResponse. `generationConfig.candidateCount` times the same. */
export function renderGeminiJson(script: ChatScript, body: FakeBody, id: string): FakeBody {
  const text = contentOf(script, body);
  const parts = [...thoughtParts(script), ...(text === '' ? [] : [{ text }]), ...callParts(script)];
  return new Responses(script, body, id).response(parts, true);
}

/** The answer as the events of a stream: the last one has the finish reason. */
export function* renderGeminiEvents(script: ChatScript, body: FakeBody, id: string): Generator<RenderedEvent> {
  const responses = new Responses(script, body, id);
  const event = (part: FakeBody, isChunk: boolean, isLast = false): RenderedEvent => ({
    data: JSON.stringify(responses.response([part], isLast)),
    isChunk,
  });
  for (const part of thoughtParts(script)) yield event(part, false);
  for (const text of chunksOf(script, body)) yield event({ text }, true);
  for (const part of callParts(script)) yield event(part, true);
  yield event({ text: '' }, false, true);
}
