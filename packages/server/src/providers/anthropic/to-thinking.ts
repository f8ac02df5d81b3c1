import { isJsonObject, objectsOf } from '../json.ts';
import type { JsonObject } from '../provider.ts';

/** Families whose thinking has a budget of tokens; all later ones decide for themselves how much they think. */
const budgetFamilies = /claude-(?:3|(?:opus|sonnet|haiku)-4(?:-[015])?(?:-\d{8}|@\d{8}|-latest|-v\d.*)?$)/;

/** Tokens for thinking by OpenAI's word for effort. Anthropic's smallest budget is 1024. */
const budgets: Readonly<Record<string, number>> = {
  minimal: 1_024,
  low: 1_024,
  medium: 4_096,
  high: 16_384,
  xhigh: 32_768,
};
const efforts: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'max',
};
const smallestBudget = 1_024;

/** A turn with calls in it can only be gone on with while thinking if its thoughts are given back. */
function hasLostThoughts(messages: unknown): boolean {
  const list = objectsOf(messages);
  const lastUser = list.findLastIndex((message) => message['role'] === 'user');
  return list
    .slice(lastUser + 1)
    .some(
      (message) => objectsOf(message['tool_calls']).length > 0 && objectsOf(message['thinking_blocks']).length === 0,
    );
}

function budgeted(effort: string, body: JsonObject, maxTokens: number): JsonObject {
  const wanted = budgets[effort];
  // Thoughts count as answer: at least a quarter of it is left for words.
  const budget = Math.min(wanted ?? 0, Math.floor(maxTokens * 0.75));
  const isForced = body['tool_choice'] === 'required' || isJsonObject(body['tool_choice']);
  if (budget < smallestBudget || isForced || hasLostThoughts(body['messages'])) return {};
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

/**
 * `reasoning_effort` of a chat request in Anthropic's words: `thinking`, and for models that have it
 * `output_config.effort`. Where a model cannot think as things are (too small an answer, a forced tool, a turn whose
 * thoughts were not given back) it answers without. A `thinking` of the caller's own is sent as it is.
 */
export function toThinking(body: JsonObject, model: string, maxTokens: number): JsonObject {
  if (isJsonObject(body['thinking'])) return { thinking: body['thinking'] };
  const effort = body['reasoning_effort'];
  if (typeof effort !== 'string') return {};
  if (effort === 'none') return { thinking: { type: 'disabled' } };
  if (budgetFamilies.test(model)) return budgeted(effort, body, maxTokens);
  const known = efforts[effort];
  return known === undefined
    ? {}
    : { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: known } };
}
