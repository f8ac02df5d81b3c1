/** The model both sides speak of: Turnpike offers it under this name, the others pass it on. */
export const benchModel = 'bench-model';
/** Chunks with content in a streamed answer, each of which travels alone. */
export const eventsPerStream = 100;
/** What every whole streamed answer says, piece by piece; a lost or doubled piece changes its length. */
export const streamPiece = ' word';

const sentence = 'A gateway carries a question to the model that answers it and brings the answer back. ';
const question = sentence.repeat(10).slice(0, 820);
const answer = sentence.repeat(8).slice(0, 620);

/** About 1 KB, as a client sends it. */
export function chatBody(stream: boolean): string {
  return JSON.stringify({
    model: benchModel,
    messages: [
      { role: 'system', content: 'Answer briefly.' },
      { role: 'user', content: question },
    ],
    max_tokens: 256,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  });
}

const usage = { prompt_tokens: 180, completion_tokens: 140, total_tokens: 320 };
const identity = { id: 'chatcmpl-bench0123456789abcdef', created: 1_760_000_000, model: 'upstream-model' };

/** About 1 KB, as the fast upstream answers. */
export function completionBody(): string {
  const message = { role: 'assistant', content: answer, refusal: null, annotations: [] };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  return JSON.stringify({
    ...identity,
    object: 'chat.completion',
    choices,
    usage,
    service_tier: 'default',
    system_fingerprint: 'fp_bench',
  });
}

/** A streamed answer as it goes over the wire: the chunks that are paced, then the ending in one write. */
export function streamEvents(includeUsage: boolean): { readonly paced: readonly string[]; readonly ending: string } {
  const chunk = (choices: readonly unknown[], rest: object = {}): string =>
    `data: ${JSON.stringify({ ...identity, object: 'chat.completion.chunk', choices, ...rest })}\n\n`;
  const paced = Array.from({ length: eventsPerStream }, () =>
    chunk([{ index: 0, delta: { content: streamPiece }, finish_reason: null }]),
  );
  const last = chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]);
  return { paced, ending: `${last}${includeUsage ? chunk([], { usage }) : ''}data: [DONE]\n\n` };
}

/** Why an answer in one piece is not the whole one, or undefined if it is. */
export function completionProblem(body: string): string | undefined {
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null || !('usage' in parsed)) return 'the answer has no usage';
  return body.includes(answer) ? undefined : 'the answer lacks the text';
}

/** Why a streamed answer is not the whole one, or undefined if it is. */
export function streamProblem(body: string): string | undefined {
  if (!body.trimEnd().endsWith('data: [DONE]')) return 'the stream has no closing event';
  if (!body.includes('"total_tokens":320')) return 'the stream has no usage';
  const pieces = body.split(`"content":"${streamPiece}"`).length - 1;
  return pieces === eventsPerStream ? undefined : `the stream has ${String(pieces)} pieces`;
}
