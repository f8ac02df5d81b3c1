import { newId } from '../../ids.ts';
import { isJsonObject, objectsOf } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { promptRefusal, reasonOf, toFinishReason, toRefusal } from './finish-reason.ts';
import { toLogprobs } from './logprobs.ts';
import { readPart, type AnswerPart } from './read-part.ts';
import { toUsage } from './usage.ts';

/** The parts of a candidate's content; none when it has said nothing. */
export function partsOf(candidate: JsonObject): JsonObject[] {
  const { content } = candidate;
  return isJsonObject(content) ? objectsOf(content['parts']) : [];
}

/** Where a candidate stands among the others; the first is without a number. */
export function indexOf(candidate: JsonObject): number {
  const { index } = candidate;
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : 0;
}

/** Why the prompt was not let through; undefined when it was. */
export function blockReasonOf(body: JsonObject): string | undefined {
  const feedback = body['promptFeedback'];
  const reason = isJsonObject(feedback) ? feedback['blockReason'] : undefined;
  return typeof reason === 'string' && reason !== '' && reason !== 'BLOCK_REASON_UNSPECIFIED' ? reason : undefined;
}

/** Is this a GenerateContentResponse with an answer in it, were it a refused prompt? */
export function isAnswer(body: JsonObject): boolean {
  return objectsOf(body['candidates']).length > 0 || blockReasonOf(body) !== undefined;
}

function joined(parts: readonly AnswerPart[], kind: 'text' | 'thought'): string {
  return parts.map((part) => (part.kind === kind ? part.text : '')).join('');
}

interface Choice {
  readonly choice: JsonObject;
  readonly hasAnswer: boolean;
}

function toChoice(candidate: JsonObject, nowMs: number): Choice {
  const parts = partsOf(candidate)
    .map((part) => readPart(part, nowMs))
    .filter((part) => part !== undefined);
  const text = joined(parts, 'text');
  const thoughts = joined(parts, 'thought');
  const calls = parts.flatMap((part) => (part.kind === 'call' ? [part.call] : []));
  const images = parts.flatMap((part) => (part.kind === 'image' ? [part.image] : []));
  const signed = parts
    .map((part) => (part.kind === 'text' ? part.signed : {}))
    .reduce((all, one) => ({ ...all, ...one }), {});
  const hasAnswer = text !== '' || calls.length > 0 || images.length > 0;
  const { finishReason, finishMessage } = candidate;
  const ending = {
    reason: reasonOf(finishReason) ?? 'STOP',
    message: typeof finishMessage === 'string' ? finishMessage : undefined,
    hasAnswer,
    hasCalls: calls.length > 0,
  };
  const message = {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: toRefusal(ending),
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(images.length === 0 ? {} : { images }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...signed,
  };
  return {
    choice: {
      index: indexOf(candidate),
      message,
      logprobs: toLogprobs(candidate['logprobsResult']),
      finish_reason: toFinishReason(ending),
    },
    hasAnswer,
  };
}

function blockedChoice(body: JsonObject): JsonObject {
  const { blockReasonMessage } = isJsonObject(body['promptFeedback']) ? body['promptFeedback'] : {};
  const refusal = promptRefusal(blockReasonOf(body) ?? 'OTHER', blockReasonMessage);
  return {
    index: 0,
    message: { role: 'assistant', content: '', refusal },
    logprobs: null,
    finish_reason: 'content_filter',
  };
}

/** The id of an answer: Gemini's, or where it gives none one of our own. */
export function answerId(body: JsonObject, nowMs: number): string {
  const { responseId } = body;
  return typeof responseId === 'string' && responseId !== '' ? responseId : newId('chatcmpl', nowMs);
}

/**
 * A GenerateContentResponse as a chat.completion. Thoughts become `reasoning_content`; a prompt or an answer that was
 * withheld is an answer that ends with `content_filter`, and says so in `refusal` when nothing else was said.
 * @throws AppError UPSTREAM_ERROR when a candidate failed and has nothing to give
 */
export function fromGenerateContent(body: JsonObject, nowMs: number): JsonObject {
  const choices = objectsOf(body['candidates']).map((candidate) => toChoice(candidate, nowMs));
  const usage = toUsage(
    body['usageMetadata'],
    choices.some(({ hasAnswer }) => hasAnswer),
  );
  return {
    id: answerId(body, nowMs),
    object: 'chat.completion',
    created: Math.floor(nowMs / 1_000),
    model: body['modelVersion'],
    choices: choices.length === 0 ? [blockedChoice(body)] : choices.map(({ choice }) => choice),
    ...(usage === undefined ? {} : { usage }),
  };
}
