import type { LedgerSurface } from '@turnpike/contract/ledger-surfaces';

/** How a request that the log names by its surface is made from outside. */
export interface SurfaceCall {
  readonly path: string;
  readonly headers: readonly string[];
  /** The body as this path wants it, of what the log kept; absent: as it is. */
  readonly wrap?: (kept: unknown) => unknown;
  /** A body in the place of one that was not kept. */
  readonly placeholder: (model: string, note: string) => unknown;
}

const bearer = ['Authorization: Bearer $API_KEY'];
const chat = (model: string, note: string) => ({ model, messages: [{ role: 'user', content: note }] });
const input = (model: string, note: string) => ({ model, input: note });
const query = (_model: string, note: string) => ({ query: note });

const calls: Readonly<Record<LedgerSurface, SurfaceCall>> = {
  'openai-chat': { path: '/v1/chat/completions', headers: bearer, placeholder: chat },
  'openai-responses': { path: '/v1/responses', headers: bearer, placeholder: input },
  'openai-completions': {
    path: '/v1/completions',
    headers: bearer,
    placeholder: (model, note) => ({ model, prompt: note }),
  },
  'openai-embeddings': { path: '/v1/embeddings', headers: bearer, placeholder: input },
  'openai-moderations': { path: '/v1/moderations', headers: bearer, placeholder: input },
  // A line of a batch, by itself; which kind it was shows in its body only.
  'openai-batch': { path: '/v1/chat/completions', headers: bearer, placeholder: chat },
  'anthropic-messages': {
    path: '/v1/messages',
    headers: ['x-api-key: $API_KEY', 'anthropic-version: 2023-06-01'],
    placeholder: (model, note) => ({ ...chat(model, note), max_tokens: 1_024 }),
  },
  'spycore-chat': { path: '/v1/chat', headers: bearer, placeholder: chat },
  'nlweb-ask': { path: '/ask', headers: [], placeholder: query },
  // Asked inside, for a job or a tool: from outside a job is the way to it.
  'hub-answer': {
    path: '/api/jobs',
    headers: bearer,
    wrap: (kept) => ({ type: 'ask', input: kept }),
    placeholder: query,
  },
  'hub-embeddings': { path: '/v1/embeddings', headers: bearer, placeholder: input },
  'public-chat': {
    path: '/api/chat-completion.php',
    headers: ['X-Simo-Token: $SESSION_TOKEN'],
    placeholder: (_model, note) => ({ message: note }),
  },
};

function has(body: unknown, name: string): boolean {
  return typeof body === 'object' && body !== null && name in body;
}

/** Where a line of a batch would go by itself. */
function pathOfLine(body: unknown): string {
  if (has(body, 'prompt')) return '/v1/completions';
  if (!has(body, 'input')) return '/v1/chat/completions';
  // Embeddings say nothing of an answer; what does not either is most likely one.
  const isResponse = ['instructions', 'max_output_tokens', 'text', 'tools', 'store'].some((name) => has(body, name));
  return isResponse ? '/v1/responses' : '/v1/embeddings';
}

/** @param body as the log kept it; undefined: it did not */
export function callOf(surface: LedgerSurface, body: unknown): SurfaceCall {
  const call = calls[surface];
  return surface === 'openai-batch' && body !== undefined ? { ...call, path: pathOfLine(body) } : call;
}
