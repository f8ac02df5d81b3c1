import { isJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { unsupported } from '../unsupported.ts';
import { modelResource, thinkingControl } from './model-name.ts';
import { toConversation } from './to-contents.ts';
import { toGenerationConfig } from './to-generation-config.ts';
import { toTools } from './to-tools.ts';

/**
 * A chat request as a request of Gemini's generateContent (v1beta); the model's name goes into the path. Fields it has
 * no counterpart for and that only shade the answer are left out; those that would change what is asked are refused.
 * @param body OpenAI's chat body, `model` the target's own name
 * @throws AppError UNSUPPORTED_CAPABILITY or INVALID_REQUEST naming the field
 */
export function toGenerateContent(body: JsonObject): JsonObject {
  if (isJsonObject(body['audio']))
    throw unsupported('audio', 'This model answers with text: leave out audio and modalities.');
  const model = typeof body['model'] === 'string' ? body['model'] : '';
  const needsSignatures = thinkingControl(model) === 'level';
  const { systemParts, contents } = toConversation(body['messages'], { needsSignatures });
  const generationConfig = toGenerationConfig(body, model);
  return {
    contents,
    ...(systemParts.length === 0 ? {} : { systemInstruction: { parts: systemParts } }),
    ...toTools(body),
    ...(Object.keys(generationConfig).length === 0 ? {} : { generationConfig }),
  };
}

/** The same as a request of countTokens: how to answer is no part of the prompt. */
export function toCountTokens(body: JsonObject): JsonObject {
  const { generationConfig: _generationConfig, ...prompt } = toGenerateContent(body);
  return { generateContentRequest: { model: modelResource(body['model']), ...prompt } };
}
