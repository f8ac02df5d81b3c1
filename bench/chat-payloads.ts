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

/** The model for embeddings; as above. */
export const embeddingModel = 'bench-embedding';
const embeddedTexts = 4;
const dimensions = 1_024;

/** Four short texts, as base64 asks for them: what official clients send. */
export function embeddingsBody(): string {
  const input = Array.from({ length: embeddedTexts }, (_, index) => `${sentence}${String(index)}`);
  return JSON.stringify({ model: embeddingModel, input, encoding_format: 'base64' });
}

/** As the fast upstream answers: about 22 KB. */
export function embeddingsAnswer(): string {
  const vector = Float32Array.from({ length: dimensions }, (_, index) => Math.sin(index));
  const embedding = Buffer.from(vector.buffer).toString('base64');
  const data = Array.from({ length: embeddedTexts }, (_, index) => ({ object: 'embedding', index, embedding }));
  const counted = { prompt_tokens: 72, total_tokens: 72 };
  return JSON.stringify({ object: 'list', data, model: 'upstream-embedding', usage: counted });
}

export function embeddingsProblem(body: string): string | undefined {
  const { data } = JSON.parse(body) as { data?: unknown[] };
  return data?.length === embeddedTexts ? undefined : 'the answer lacks vectors';
}

/** The same question in Anthropic's words. */
export function messagesBody(model: string, stream: boolean): string {
  return JSON.stringify({
    model,
    max_tokens: 256,
    system: 'Answer briefly.',
    messages: [{ role: 'user', content: question }],
    ...(stream ? { stream: true } : {}),
  });
}

export function messageProblem(body: string): string | undefined {
  if (!body.includes('"output_tokens":140')) return 'the answer has no usage';
  return body.includes(answer) ? undefined : 'the answer lacks the text';
}

export function messagesStreamProblem(body: string): string | undefined {
  if (!body.includes('event: message_stop')) return 'the stream has no closing event';
  if (!body.includes('"output_tokens":140')) return 'the stream has no usage';
  const pieces = body.split(`"text":"${streamPiece}"`).length - 1;
  return pieces === eventsPerStream ? undefined : `the stream has ${String(pieces)} pieces`;
}
