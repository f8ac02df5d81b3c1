import type { Tokenizer } from '../../tokens/count-tokens.ts';
import type { JsonObject } from '../provider.ts';
import { promptText } from './question.ts';

/** One answer of the built-in model, before it takes a wire shape. */
export interface Completion {
  readonly id: string;
  readonly createdSeconds: number;
  readonly model: string;
  readonly content: string;
  readonly finishReason: 'stop' | 'length';
  /** How many equal choices were asked for. */
  readonly choices: number;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

const messageTokens = 4;
const replyTokens = 3;
const mostChoices = 128;

function positiveInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}

function stopsOf(body: JsonObject): string[] {
  const stop = body['stop'];
  const list: unknown[] = Array.isArray(stop) ? stop : [stop];
  return list.filter((entry) => typeof entry === 'string').filter((entry) => entry !== '');
}

function beforeStop(text: string, stops: readonly string[]): string {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at !== -1);
  return found.length === 0 ? text : text.slice(0, Math.min(...found));
}

/** Cuts the answer as the request says (`stop`, `max_completion_tokens`, `max_tokens`) and counts it. */
export function complete(input: {
  readonly answer: string;
  readonly body: JsonObject;
  readonly tokenizer: Tokenizer;
  readonly id: string;
  readonly nowMs: number;
}): Completion {
  const { body, tokenizer } = input;
  const wanted = beforeStop(input.answer, stopsOf(body));
  const most = positiveInteger(body['max_completion_tokens']) ?? positiveInteger(body['max_tokens']) ?? Infinity;
  const { text, tokens } = tokenizer.truncate(wanted, most);
  const choices = Math.min(positiveInteger(body['n']) ?? 1, mostChoices);
  const prompt = promptText(body);
  const promptTokens = tokenizer.count(prompt.text) + messageTokens * prompt.messages + replyTokens;
  const completionTokens = tokens * choices;
  return {
    id: input.id,
    createdSeconds: Math.floor(input.nowMs / 1_000),
    model: typeof body['model'] === 'string' ? body['model'] : '',
    content: text,
    finishReason: text === wanted ? 'stop' : 'length',
    choices,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

function indexes(completion: Completion): number[] {
  return Array.from({ length: completion.choices }, (_, index) => index);
}

/** As a chat.completion (OpenAI's POST /chat/completions). */
export function toJson(completion: Completion): JsonObject {
  const message = { role: 'assistant', content: completion.content, refusal: null };
  return {
    id: completion.id,
    object: 'chat.completion',
    created: completion.createdSeconds,
    model: completion.model,
    choices: indexes(completion).map((index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: completion.finishReason,
    })),
    usage: completion.usage,
  };
}

/** As the data of chat.completion.chunk events, a word or so each, `[DONE]` last. */
export function* toEvents(completion: Completion, includeUsage: boolean): Generator<string, undefined> {
  const base = {
    id: completion.id,
    object: 'chat.completion.chunk',
    created: completion.createdSeconds,
    model: completion.model,
  };
  const last = includeUsage ? { usage: null } : {};
  const event = (index: number, delta: JsonObject, finishReason: string | null) =>
    JSON.stringify({ ...base, choices: [{ index, delta, logprobs: null, finish_reason: finishReason }], ...last });
  for (const index of indexes(completion)) yield event(index, { role: 'assistant', content: '' }, null);
  for (const [piece] of completion.content.matchAll(/\s*\S+|\s+$/g)) {
    for (const index of indexes(completion)) yield event(index, { content: piece }, null);
  }
  for (const index of indexes(completion)) yield event(index, {}, completion.finishReason);
  if (includeUsage) yield JSON.stringify({ ...base, choices: [], usage: completion.usage });
  yield '[DONE]';
}
