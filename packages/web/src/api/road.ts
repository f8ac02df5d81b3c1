import { addChunk, nothingYet, type AnswerSum, type Chunk } from './answer-sum.ts';
import type { ChatRequest } from './chat-request.ts';
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
 * @param onAnswer the answer so far, as it grows
 * @throws Problem
 */
export async function streamChat(
  request: ChatRequest,
  onAnswer: (answer: AnswerSum) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${await roadToken()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  if (!response.ok || response.body === null) throw problemOf(await response.json().catch(() => null), response);
  let answer = nothingYet;
  for await (const line of dataLines(response.body)) {
    if (line === '[DONE]') return;
    const chunk = JSON.parse(line) as Chunk;
    if (chunk.error !== undefined) throw problemOf(chunk, response);
    answer = addChunk(answer, chunk);
    onAnswer(answer);
  }
}
