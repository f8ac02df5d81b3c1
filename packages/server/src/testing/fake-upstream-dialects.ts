import {
  anthropicClosing,
  anthropicError,
  anthropicErrorEvent,
  anthropicTokenCount,
  renderAnthropicEvents,
  renderAnthropicJson,
} from './fake-anthropic.ts';
import { renderGeminiEvents, renderGeminiJson } from './fake-gemini.ts';
import {
  renderEmbeddings,
  renderGeminiEmbedding,
  renderGeminiEmbeddings,
  renderModeration,
} from './fake-upstream-embeddings.ts';
import {
  countWords,
  promptTextOf,
  renderEvents,
  renderJson,
  type ChatScript,
  type FakeBody,
  type RenderedEvent,
} from './fake-upstream-script.ts';

/** How one kind of call is answered, from the same scripts as every other. */
export interface FakeCall {
  readonly isChat: boolean;
  /** Was a stream asked for? */
  readonly isStreamed: (body: FakeBody) => boolean;
  readonly json: (script: ChatScript, body: FakeBody, id: string) => FakeBody;
  readonly events: (script: ChatScript, body: FakeBody, id: string) => Iterable<RenderedEvent>;
  /** The last event of a stream; undefined where the dialect has none. */
  readonly closing: RenderedEvent | undefined;
  readonly errorEvent: RenderedEvent;
}

/** The vendor whose protocol a path belongs to. */
export interface FakeVendor {
  readonly errorBody: (status: number, message: string) => FakeBody;
  readonly modelList: (names: readonly string[]) => FakeBody;
}

const created = 1_700_000_000;
const openAiErrorBody = (message: string, type = 'fake', code: string | null = null): FakeBody => ({
  error: { message, type, code, param: null },
});

const openAiVendor: FakeVendor = {
  errorBody: (status, message) =>
    status === 401 ? openAiErrorBody(message, 'invalid_request_error', 'invalid_api_key') : openAiErrorBody(message),
  modelList: (names) => ({
    object: 'list',
    data: names.map((id) => ({ id, object: 'model', created, owned_by: 'fake' })),
  }),
};

const anthropicVendor: FakeVendor = {
  errorBody: anthropicError,
  modelList: (names) => ({
    data: names.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-01-15T00:00:00Z' })),
    has_more: false,
    first_id: names[0] ?? null,
    last_id: names.at(-1) ?? null,
  }),
};

const geminiStatuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

const geminiVendor: FakeVendor = {
  errorBody: (status, message) => ({
    error: { code: status, message, status: geminiStatuses[status] ?? 'INTERNAL' },
  }),
  modelList: (names) => ({
    models: names.map((name) => ({
      name: `models/${name}`,
      displayName: name,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    })),
  }),
};

const openAiErrorEvent: RenderedEvent = {
  data: JSON.stringify({
    error: { message: 'The model stopped working', type: 'server_error', code: null, param: null },
  }),
  isChunk: false,
};
const geminiErrorEvent: RenderedEvent = {
  data: JSON.stringify(geminiVendor.errorBody(503, 'The model is overloaded')),
  isChunk: false,
};

const openAiChat: FakeCall = {
  isChat: true,
  isStreamed: (body) => body['stream'] === true,
  json: renderJson,
  events: renderEvents,
  closing: { data: '[DONE]', isChunk: false },
  errorEvent: openAiErrorEvent,
};
const anthropicMessages: FakeCall = {
  isChat: true,
  isStreamed: (body) => body['stream'] === true,
  json: renderAnthropicJson,
  events: renderAnthropicEvents,
  closing: anthropicClosing,
  errorEvent: anthropicErrorEvent,
};
const gemini: FakeCall = {
  isChat: true,
  isStreamed: () => false,
  json: renderGeminiJson,
  events: renderGeminiEvents,
  closing: undefined,
  errorEvent: geminiErrorEvent,
};

/** A call that is answered in one piece and is no chat. */
function plain(json: (body: FakeBody, id: string) => FakeBody): FakeCall {
  return {
    isChat: false,
    isStreamed: () => false,
    json: (_script, body, id) => json(body, id),
    events: () => [],
    closing: undefined,
    errorEvent: openAiErrorEvent,
  };
}

/** What the server as a whole was told. */
export interface DialectOptions {
  /** Embeddings are numbers, whatever encoding is asked for. */
  readonly onlyFloatEmbeddings?: boolean;
}

function openAiEmbeddings({ onlyFloatEmbeddings = false }: DialectOptions): FakeCall {
  return plain((body) => renderEmbeddings(body, onlyFloatEmbeddings));
}

const geminiCalls: Readonly<Record<string, FakeCall>> = {
  generateContent: gemini,
  streamGenerateContent: { ...gemini, isStreamed: () => true },
  countTokens: plain((body) => {
    const inner = body['generateContentRequest'];
    return { totalTokens: countWords(promptTextOf((inner ?? body) as FakeBody)) };
  }),
  embedContent: plain(renderGeminiEmbedding),
  batchEmbedContents: plain(renderGeminiEmbeddings),
};

const geminiPath = /^\/v1beta\/models\/([^/:]+):(\w+)$/;

/** The call that a POST to this path is; undefined: there is none. */
export function callAt(path: string, options: DialectOptions): FakeCall | undefined {
  if (path === '/v1/chat/completions') return openAiChat;
  if (path === '/v1/messages') return anthropicMessages;
  if (path === '/v1/messages/count_tokens') return plain(anthropicTokenCount);
  if (path === '/v1/embeddings') return openAiEmbeddings(options);
  if (path === '/v1/moderations') return plain(renderModeration);
  const method = geminiPath.exec(path)?.[2];
  return method !== undefined && Object.hasOwn(geminiCalls, method) ? geminiCalls[method] : undefined;
}

/** Gemini names the model in the path. */
export function modelInPath(path: string): string | undefined {
  const name = geminiPath.exec(path)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}

/** Whose words a request to this path is answered in. Anthropic shares paths with OpenAI and always names its version. */
export function vendorAt(path: string, hasAnthropicVersion: boolean): FakeVendor {
  if (path.startsWith('/v1beta/')) return geminiVendor;
  return path.startsWith('/v1/messages') || hasAnthropicVersion ? anthropicVendor : openAiVendor;
}
