import type { UpstreamConfig } from '../../config/schema.ts';
import type { JsonObject } from '../provider.ts';

/**
 * The body with the largest answer under the one name the server knows: newer models of OpenAI refuse `max_tokens`,
 * older servers pass over `max_completion_tokens`. The stricter of the two counts when both came.
 */
export function renameMaxTokens(body: JsonObject, field: UpstreamConfig['max_tokens_field']): JsonObject {
  if (field === 'as-sent') return body;
  const { max_tokens: old, max_completion_tokens: today, ...rest } = body;
  const given = [old, today].filter((value) => typeof value === 'number');
  return given.length === 0 ? rest : { ...rest, [field]: Math.min(...given) };
}
