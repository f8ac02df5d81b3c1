import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { thinkingControl } from './model-name.ts';

/** Tokens for thinking by OpenAI's word for effort; those of Google's own OpenAI endpoint. */
const budgets: Readonly<Record<string, number>> = {
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};
const levels: Readonly<Record<string, string>> = {
  none: 'minimal',
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};
/** No model of the 2.5 family takes fewer, but Pro, which cannot but think. */
const smallestBudget = 512;
const smallestProBudget = 128;

const known = <T>(table: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

/** Thoughts count as answer: at least a quarter of it is left for words. */
function budgeted(effort: string, model: string, maxTokens: number | undefined): JsonObject | undefined {
  const none = /2\.5-pro/i.test(model) ? smallestProBudget : 0;
  if (effort === 'none') return { thinkingBudget: none };
  const wanted = known(budgets, effort);
  if (wanted === undefined) return undefined;
  const budget = Math.min(wanted, Math.floor((maxTokens ?? Infinity) * 0.75));
  return budget < smallestBudget ? { thinkingBudget: none } : { thinkingBudget: budget, includeThoughts: true };
}

/** These models cannot be told not to think; the larger ones cannot think as little as the others. */
function levelled(effort: string, model: string): JsonObject | undefined {
  const level = known(levels, effort);
  if (level === undefined) return undefined;
  const thinkingLevel = level === 'minimal' && /pro/i.test(model) ? 'low' : level;
  return { thinkingLevel, ...(effort === 'none' ? {} : { includeThoughts: true }) };
}

/** `extra_body.google.thinking_config`, as Google's OpenAI endpoint has it: for callers who know what they talk to. */
function own(body: JsonObject): JsonObject | undefined {
  const extra = body['extra_body'];
  const google = isJsonObject(extra) ? extra['google'] : undefined;
  const config = isJsonObject(google) ? google['thinking_config'] : undefined;
  if (!isJsonObject(config)) return undefined;
  const { thinking_budget: thinkingBudget, thinking_level: thinkingLevel, include_thoughts: includeThoughts } = config;
  return {
    ...(thinkingBudget === undefined ? {} : { thinkingBudget }),
    ...(thinkingLevel === undefined ? {} : { thinkingLevel }),
    ...(includeThoughts === undefined ? {} : { includeThoughts }),
  };
}

/**
 * `reasoning_effort` of a chat request as Gemini's `thinkingConfig`; undefined where nothing was asked for, the word is
 * unknown or the model does not think.
 * @param maxTokens the largest answer, which thoughts are part of
 */
export function toThinking(body: JsonObject, model: string, maxTokens: number | undefined): JsonObject | undefined {
  const given = own(body);
  if (given !== undefined) return given;
  const effort = body['reasoning_effort'];
  if (typeof effort !== 'string') return undefined;
  switch (thinkingControl(model)) {
    case 'budget':
      return budgeted(effort, model, maxTokens);
    case 'level':
      return levelled(effort, model);
    case 'none':
      return undefined;
  }
}
