import { objectsOf } from '../json.ts';
import type { ChatAnswer, ChatCall, JsonAnswer, JsonObject, Provider, ProviderCall } from '../provider.ts';
import { createUpstreamClient, type HttpProviderOptions } from '../upstream-client.ts';
import { renameMaxTokens } from './max-tokens-field.ts';

export interface OpenAiProviderOptions extends HttpProviderOptions {
  /** `base_url` goes up to and including the version. */
  readonly config: HttpProviderOptions['config'] & { readonly base_url: string };
}

const isChatAnswer = (body: JsonObject) => Array.isArray(body['choices']);
const isEmbeddings = (body: JsonObject) => Array.isArray(body['data']);
const isModeration = (body: JsonObject) => Array.isArray(body['results']);

/**
 * Any server with OpenAI's API: bodies and answers go through as they are, fields nobody here has heard of included.
 * What servers differ in is configuration: where the key goes, query parameters, the name of the largest answer.
 */
export function createOpenAiProvider(options: OpenAiProviderOptions): Provider {
  const { base_url: baseUrl, auth, max_tokens_field: field = 'as-sent' } = options.config;
  const client = createUpstreamClient(options, {
    baseUrl,
    credentialHeaders:
      auth === 'api-key'
        ? (credential) => ({ 'api-key': credential })
        : (credential) => ({ authorization: `Bearer ${credential}` }),
  });
  const ask = (path: string, call: ProviderCall, accepts: (body: JsonObject) => boolean): Promise<JsonAnswer> =>
    client.postJson({
      path,
      body: call.body,
      requestId: call.requestId,
      signal: call.signal,
      credential: call.credential,
      accepts,
    });
  const chat = ({ stream, body, requestId, signal, credential }: ChatCall): Promise<ChatAnswer> => {
    const post = {
      path: '/chat/completions',
      body: renameMaxTokens(body, field),
      requestId,
      signal,
      credential,
    };
    return stream ? client.postStream(post) : client.postJson({ ...post, accepts: isChatAnswer });
  };
  return {
    chat,
    embed: (call) => ask('/embeddings', call, isEmbeddings),
    moderate: (call) => ask('/moderations', call, isModeration),
    listModels: async (signal, credential) => {
      const body = await client.getJson({ path: '/models', signal, credential });
      return objectsOf(body['data'])
        .map((entry) => entry['id'])
        .filter((id) => typeof id === 'string');
    },
    close: () => client.close(),
  };
}
