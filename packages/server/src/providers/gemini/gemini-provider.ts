import { AppError } from '../../errors.ts';
import { isJsonObject, objectsOf } from '../json.ts';
import type { ChatAnswer, ChatCall, JsonAnswer, JsonObject, Provider, ProviderCall } from '../provider.ts';
import { createUpstreamClient, type HttpProviderOptions, type UpstreamClient } from '../upstream-client.ts';
import { ChunkTranslator } from './chunk-translator.ts';
import { embedTokens, fromEmbeddings, hasEmbeddings, textsOf, toEmbedCount, toEmbedRequests } from './embeddings.ts';
import { fromGenerateContent, isAnswer } from './from-generate-content.ts';
import { methodPath } from './model-name.ts';
import { toCountTokens, toGenerateContent } from './to-generate-content.ts';

const defaultUrl = 'https://generativelanguage.googleapis.com/v1beta';
/** A list of models longer than this is not one. */
const mostPages = 20;

const isTokenCount = (body: JsonObject) => typeof body['totalTokens'] === 'number';

/**
 * A wrong key, and an account or place that Google does not serve, are told with status 400 as if the request were at
 * fault.
 */
function statusOf(status: number, body: JsonObject | undefined): number {
  const error = body?.['error'];
  if (status !== 400 || !isJsonObject(error)) return status;
  const reasons = objectsOf(error['details']).map((detail) => detail['reason']);
  if (reasons.some((reason) => typeof reason === 'string' && reason.startsWith('API_KEY_'))) return 401;
  return error['status'] === 'FAILED_PRECONDITION' ? 403 : status;
}

function postOf({ body, requestId, signal, credential }: ProviderCall, method: string, sent: JsonObject) {
  return { path: methodPath(body['model'], method), body: sent, requestId, signal, credential };
}

async function chat(client: UpstreamClient, call: ChatCall, nowMs: () => number): Promise<ChatAnswer> {
  const request = toGenerateContent(call.body);
  if (call.stream) {
    const post = postOf(call, 'streamGenerateContent?alt=sse', request);
    return client.postStream({ ...post, translator: new ChunkTranslator(nowMs()) });
  }
  const answer = await client.postJson({ ...postOf(call, 'generateContent', request), accepts: isAnswer });
  const body = fromGenerateContent(answer.body, nowMs());
  return { kind: 'json', body, text: JSON.stringify(body) };
}

async function count(client: UpstreamClient, call: ProviderCall, sent: JsonObject): Promise<number> {
  const { body } = await client.postJson({ ...postOf(call, 'countTokens', sent), accepts: isTokenCount });
  const tokens = body['totalTokens'];
  if (typeof tokens === 'number') return tokens;
  throw new AppError('UPSTREAM_ERROR', 'The model server did not count.');
}

async function embed(client: UpstreamClient, call: ProviderCall): Promise<JsonAnswer> {
  const texts = textsOf(call.body);
  const answers: JsonObject[] = [];
  for (const request of toEmbedRequests(call.body, texts)) {
    const wanted = objectsOf(request['requests']).length;
    const accepts = (body: JsonObject) => hasEmbeddings(body, wanted);
    answers.push((await client.postJson({ ...postOf(call, 'batchEmbedContents', request), accepts })).body);
  }
  // Most models do not say what they read. The vectors are there: that they cannot be counted is no reason to fail.
  const tokens = embedTokens(answers) ?? (await count(client, call, toEmbedCount(texts)).catch(() => undefined));
  const body = fromEmbeddings(call.body['model'], answers, tokens);
  return { kind: 'json', body, text: JSON.stringify(body) };
}

async function listModels(client: UpstreamClient, signal: AbortSignal, credential?: string): Promise<string[]> {
  const names: string[] = [];
  let next = '';
  for (let page = 0; page < mostPages; page += 1) {
    const path = `/models?pageSize=1000${next === '' ? '' : `&pageToken=${encodeURIComponent(next)}`}`;
    const body = await client.getJson({ path, signal, credential });
    for (const { name } of objectsOf(body['models']))
      if (typeof name === 'string') names.push(name.replace(/^models\//, ''));
    const token = body['nextPageToken'];
    if (typeof token !== 'string' || token === '') break;
    next = token;
  }
  return names;
}

/**
 * Google's Gemini API (generateContent, v1beta). Chat requests are translated, and their answers back; so are OpenAI's
 * embeddings.
 */
export function createGeminiProvider(options: HttpProviderOptions): Provider {
  const client = createUpstreamClient(options, {
    baseUrl: options.config.base_url ?? defaultUrl,
    credentialHeaders: (credential) => ({ 'x-goog-api-key': credential }),
    statusOf,
  });
  return {
    chat: (call) => chat(client, call, () => options.clock.now()),
    embed: (call) => embed(client, call),
    countTokens: async (call) => count(client, call, toCountTokens(call.body)),
    listModels: (signal, credential) => listModels(client, signal, credential),
    close: () => client.close(),
  };
}
