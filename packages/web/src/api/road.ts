import { auth } from './client.ts';
import { problemOf } from './problem.ts';

interface Known {
  readonly token: string;
  readonly untilMs: number;
}

let known: Known | undefined;
const earlyMs = 60_000;

/** A short token of the signed-in person, for calls of the API itself. */
async function roadToken(): Promise<string> {
  if (known !== undefined && Date.now() < known.untilMs - earlyMs) return known.token;
  const { token } = await auth<{ token: string }>('/token');
  const claims = JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as {
    exp?: number;
  };
  known = { token, untilMs: (claims.exp ?? 0) * 1_000 };
  return token;
}

export interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string | readonly object[];
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Turn[];
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly response_format?: { readonly type: 'json_object' };
}

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly error?: { readonly message?: string };
}

/** Lines of an event stream, across the pieces they come in. */
async function* dataLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim();
  }
}

/**
 * Streams a chat on the road that every client takes, so that it counts like any other call.
 * @param onText each piece of the answer as it comes
 * @throws Problem
 */
export async function streamChat(
  request: ChatRequest,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${await roadToken()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...request, stream: true }),
    signal,
  });
  if (!response.ok || response.body === null) throw problemOf(await response.json().catch(() => null), response);
  for await (const line of dataLines(response.body)) {
    if (line === '[DONE]') return;
    const chunk = JSON.parse(line) as Chunk;
    if (chunk.error !== undefined) throw new Error(chunk.error.message ?? 'the stream ended in an error');
    onText(chunk.choices?.[0]?.delta?.content ?? '');
  }
}
