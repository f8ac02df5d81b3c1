import { AppError } from '../../errors.ts';
import { objectsOf } from '../json.ts';
import type { ChatAnswer, ChatCall, JsonObject, NativeRequest, Provider, ProviderCall } from '../provider.ts';
import { createUpstreamClient, type HttpProviderOptions, type UpstreamClient } from '../upstream-client.ts';
import { upstreamMessage } from '../upstream-error.ts';
import { fromMessage } from './from-message.ts';
import { MessageEvents } from './message-events.ts';
import { toNativeRequest } from './native-request.ts';
import { toCountRequest, toMessagesRequest } from './to-request.ts';

const defaultUrl = 'https://api.anthropic.com/v1';
const contractVersion = '2023-06-01';
const protocol = 'anthropic-messages';

const isMessage = (body: JsonObject) => body['type'] === 'message' && Array.isArray(body['content']);
const isTokenCount = (body: JsonObject) => typeof body['input_tokens'] === 'number';

/** An empty account is told with status 400, as if the request were at fault. */
function statusOf(status: number, body: JsonObject | undefined): number {
  return status === 400 && /credit balance/i.test(upstreamMessage(body) ?? '') ? 402 : status;
}

/** Of a caller's headers only those that belong to the protocol go on. */
function protocolHeaders(headers: NativeRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name === 'anthropic-version' || name === 'anthropic-beta'),
  );
}

interface Sending {
  readonly path: string;
  readonly body: JsonObject;
  readonly headers?: Record<string, string>;
}

function postOf(call: ProviderCall, { path, body, headers }: Sending) {
  const { requestId, signal, credential } = call;
  return { path, body, headers, requestId, signal, credential };
}

async function chatNatively(client: UpstreamClient, call: ChatCall, native: NativeRequest): Promise<ChatAnswer> {
  const post = postOf(call, {
    path: '/messages',
    body: toNativeRequest(native.body, call.body, call.stream),
    headers: protocolHeaders(native.headers),
  });
  const answer = call.stream ? await client.postStream(post) : await client.postJson({ ...post, accepts: isMessage });
  return { ...answer, protocol };
}

async function chatTranslated(client: UpstreamClient, call: ChatCall, now: () => number): Promise<ChatAnswer> {
  const post = postOf(call, {
    path: '/messages',
    body: toMessagesRequest(call.body, call.stream, call.largestAnswerTokens),
  });
  if (call.stream) return client.postStream({ ...post, translator: new MessageEvents(now()) });
  const answer = await client.postJson({ ...post, accepts: isMessage });
  const body = fromMessage(answer.body, now());
  return { kind: 'json', body, text: JSON.stringify(body) };
}

/**
 * Anthropic's Messages API. A chat request is translated, and its answer back; a request that came in Anthropic's own
 * words goes through untouched both ways.
 */
export function createAnthropicProvider(options: HttpProviderOptions): Provider {
  const now = () => options.clock.now();
  const client = createUpstreamClient(options, {
    baseUrl: options.config.base_url ?? defaultUrl,
    credentialHeaders: (credential) => ({ 'x-api-key': credential }),
    headers: { 'anthropic-version': contractVersion },
    statusOf,
  });
  return {
    speaks: protocol,
    chat: (call) =>
      call.native?.protocol === protocol ? chatNatively(client, call, call.native) : chatTranslated(client, call, now),
    countTokens: async (call) => {
      const { native } = call;
      const request =
        native?.protocol === protocol
          ? { ...native.body, model: call.body['model'] }
          : toMessagesRequest(call.body, false);
      const headers = native?.protocol === protocol ? protocolHeaders(native.headers) : {};
      const post = postOf(call, { path: '/messages/count_tokens', body: toCountRequest(request), headers });
      const { body } = await client.postJson({ ...post, accepts: isTokenCount });
      const tokens = body['input_tokens'];
      if (typeof tokens === 'number') return tokens;
      throw new AppError('UPSTREAM_ERROR', 'The model server did not count.');
    },
    listModels: async (signal, credential) => {
      const body = await client.getJson({ path: '/models?limit=1000', signal, credential });
      return objectsOf(body['data'])
        .map((entry) => entry['id'])
        .filter((id) => typeof id === 'string');
    },
    close: () => client.close(),
  };
}
