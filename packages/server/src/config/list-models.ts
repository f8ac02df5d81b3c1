import { z } from 'zod';
import { errorCode } from '../errors.ts';

export type Fetch = typeof globalThis.fetch;

interface ListModelsRequest {
  readonly fetch: Fetch;
  /** Up to and including /v1, without a trailing slash. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly timeoutMs: number;
}

export type ListModelsAnswer =
  | { readonly kind: 'listed'; readonly entries: readonly ListedModel[] }
  /** `refused`: it will not serve this key; `late`: nothing is known about it yet. */
  | { readonly kind: 'refused' | 'late' | 'failed'; readonly reason: string };

const tokens = z.int().positive().optional().catch(undefined);

/** The entry of a models list: OpenAI's fields, and the context size under the names that servers give it. */
const listedModelSchema = z.object({
  id: z.string().min(1),
  object: z.literal('model').optional(),
  owned_by: z.string().min(1).max(128).optional().catch(undefined),
  /** vLLM. */
  max_model_len: tokens,
  /** Mistral, LM Studio. */
  max_context_length: tokens,
  /** OpenRouter, Together. */
  context_length: tokens,
  /** Groq. */
  context_window: tokens,
  /** Mistral. */
  capabilities: z
    .object({
      completion_chat: z.boolean(),
      function_calling: z.boolean().default(false),
      vision: z.boolean().default(false),
    })
    .optional()
    .catch(undefined),
});

const modelsListSchema = z.object({ object: z.literal('list'), data: z.array(listedModelSchema) });

export type ListedModel = z.output<typeof listedModelSchema>;

/** More than any provider lists; a server that sends more is something else. */
const longestListBytes = 8 * 1024 * 1024;

/** `GET {baseUrl}/models`, as OpenAI defines it. Never throws: what went wrong is in the answer, without the key. */
export async function listModels({ fetch, baseUrl, apiKey, timeoutMs }: ListModelsRequest): Promise<ListModelsAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (apiKey !== undefined) headers['authorization'] = `Bearer ${apiKey}`;
    const response = await fetch(`${baseUrl}/models`, { headers, redirect: 'error', signal });
    if (!response.ok) {
      await response.body?.cancel();
      return refusal(response.status);
    }
    const list = modelsListSchema.safeParse(JSON.parse(await readText(response)));
    return list.success ? { kind: 'listed', entries: list.data.data } : notAList;
  } catch (error) {
    if (signal.aborted) return { kind: 'late', reason: `no answer within ${String(timeoutMs)} ms` };
    if (error instanceof SyntaxError) return notAList;
    return { kind: 'late', reason: `not reached (${reasonOf(error)})` };
  }
}

const notAList: ListModelsAnswer = { kind: 'failed', reason: 'what it answers is no list of models' };

function refusal(status: number): ListModelsAnswer {
  if (status === 401 || status === 403)
    return { kind: 'refused', reason: `the key is refused (status ${String(status)})` };
  const overloaded = status === 429 || status >= 500;
  return { kind: overloaded ? 'late' : 'failed', reason: `answered with status ${String(status)}` };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return '';
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > longestListBytes) throw new SyntaxError('the answer is too long for a list of models');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Only the code of a network error: its message may repeat what was sent. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return errorCode(cause) ?? 'network error';
}
