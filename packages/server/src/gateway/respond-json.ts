import type { ChatAnswer, JsonObject } from '../providers/provider.ts';
import type { TokenCounts } from '../usage/usage-event.ts';
import type { ClientConnection } from './client-connection.ts';
import type { AnswerDialect } from './dialect.ts';
import { readUsage } from './read-usage.ts';
import { renameModel } from './rename-model.ts';
import type { Settlement } from './settlement.ts';

export interface JsonResponse {
  readonly answer: Extract<ChatAnswer, { kind: 'json' }>;
  readonly settlement: Settlement;
  readonly client: ClientConnection;
  readonly headers: readonly string[];
  readonly model: string;
  /** To the shape of an older version of the contract. */
  readonly dialect: AnswerDialect | undefined;
  readonly downgrade: ((body: JsonObject) => Readonly<Record<string, unknown>>) | undefined;
}

/** The text an answer holds, for counting where the upstream did not. */
function answerText(body: JsonObject): string {
  const choices = Array.isArray(body['choices'])
    ? (body['choices'] as { message?: { content?: unknown; tool_calls?: unknown } }[])
    : [];
  return choices
    .map(
      ({ message }) =>
        (typeof message?.content === 'string' ? message.content : '') +
        (message?.tool_calls === undefined ? '' : JSON.stringify(message.tool_calls)),
    )
    .join('\n');
}

function usageObject(tokens: TokenCounts): JsonObject {
  return {
    prompt_tokens: tokens.promptTokens,
    completion_tokens: tokens.completionTokens,
    total_tokens: tokens.promptTokens + tokens.completionTokens,
  };
}

/** Steps 9 and 10 for an answer in one piece: settled first, then sent. */
export function respondJson({ answer, settlement, client, headers, model, dialect, downgrade }: JsonResponse): void {
  const { body } = answer;
  const told = readUsage(body['usage']);
  if (client.isGone) {
    settlement.cancel();
    return;
  }
  const tokens = settlement.complete(told, told === undefined ? answerText(body) : '');
  if (told !== undefined && downgrade === undefined && dialect === undefined) {
    client.sendJson(200, headers, renameModel(answer.text, body, model));
    return;
  }
  const completion = told === undefined ? { ...body, model, usage: usageObject(tokens) } : { ...body, model };
  const today = dialect === undefined ? completion : dialect.shapeAnswer(completion);
  client.sendJson(200, headers, JSON.stringify(downgrade === undefined ? today : downgrade(today)));
}
