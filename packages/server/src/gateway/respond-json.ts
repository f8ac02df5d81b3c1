import type { JsonAnswer, JsonObject } from '../providers/provider.ts';
import type { TokenCounts } from '../usage/usage-event.ts';
import { encodeEmbeddings, isOtherwiseEncoded } from './embedding-encoding.ts';
import { readUsage } from './read-usage.ts';
import type { Reading } from './reading.ts';
import { renameModel } from './rename-model.ts';
import type { Sending } from './sending.ts';

function messageText({ content, reasoning_content: reasoning, refusal, tool_calls: calls }: JsonObject): string {
  const texts = [content, reasoning, refusal].filter((text) => typeof text === 'string');
  return texts.join('') + (calls === undefined || calls === null ? '' : JSON.stringify(calls));
}

/** The text a chat.completion holds, for counting where the upstream did not. */
function chatText(body: JsonObject): string {
  const choices = Array.isArray(body['choices']) ? (body['choices'] as { message?: JsonObject }[]) : [];
  return choices.map(({ message = {} }) => messageText(message)).join('\n');
}

function chatUsage(tokens: TokenCounts): JsonObject {
  return {
    prompt_tokens: tokens.promptTokens,
    completion_tokens: tokens.completionTokens,
    total_tokens: tokens.promptTokens + tokens.completionTokens,
  };
}

function inputUsage({ promptTokens }: TokenCounts): JsonObject {
  return { prompt_tokens: promptTokens, total_tokens: promptTokens };
}

interface Metered {
  readonly told: TokenCounts | undefined;
  /** Text to count where nothing was told. */
  readonly text: () => string;
  /** What is put in the place of a missing `usage`. */
  readonly usage: ((tokens: TokenCounts) => JsonObject) | undefined;
  /** What a surface makes of the answer; undefined: it goes out as it came. */
  readonly shape: ((answer: JsonObject) => JsonObject) | undefined;
}

function meteringOf(reading: Reading, { body, protocol }: JsonAnswer): Metered {
  if (reading.kind === 'chat') {
    const { native } = reading;
    if (protocol !== undefined && native !== undefined) {
      const { readUsage: readNative, answerText } = native.dialect;
      return { told: readNative(body), text: () => answerText(body), usage: undefined, shape: undefined };
    }
    const told = readUsage(body['usage']);
    return { told, text: () => chatText(body), usage: chatUsage, shape: reading.dialect?.shapeAnswer };
  }
  const told = readUsage(body['usage']);
  if (reading.kind === 'moderation') return { told, text: () => '', usage: undefined, shape: undefined };
  const { encodingFormat } = reading;
  const shape = isOtherwiseEncoded(body, encodingFormat)
    ? (answer: JsonObject) => encodeEmbeddings(answer, encodingFormat)
    : undefined;
  return { told, text: () => '', usage: inputUsage, shape };
}

/** Steps 9 and 10 for an answer in one piece: settled first, then sent. */
export function respondJson(answer: JsonAnswer, { call, settlement, client, headers }: Sending): void {
  if (client.isGone) {
    settlement.cancel();
    return;
  }
  const { told, text, usage, shape } = meteringOf(call.reading, answer);
  const tokens = settlement.complete(told, told === undefined ? text() : '');
  const { body } = answer;
  const model = call.entitlement.model.name;
  const downgrade = call.contract.translation.downgradeResponse;
  const usageMissing = told === undefined && usage !== undefined;
  if (!usageMissing && downgrade === undefined && shape === undefined) {
    client.sendJson(200, headers, renameModel(answer.text, body, model));
    return;
  }
  const whole = usageMissing ? { ...body, model, usage: usage(tokens) } : { ...body, model };
  const today = shape === undefined ? whole : shape(whole);
  client.sendJson(200, headers, JSON.stringify(downgrade === undefined ? today : downgrade(today)));
}
