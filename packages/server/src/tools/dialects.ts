import type { JsonObject } from '../providers/provider.ts';
import { geminiSchema } from './gemini-schema.ts';
import { closedSchema, strictSchema } from './strict-schema.ts';
import type { Tool } from './tool.ts';

/** How vendors write down functions that a model may call. */
export const toolDialects = ['openai', 'openai-responses', 'anthropic', 'mistral', 'gemini'] as const;
export type ToolDialect = (typeof toolDialects)[number];

function openAiFunction({ name, description, input }: Tool): JsonObject {
  const strict = strictSchema(input);
  return { name, description, parameters: strict ?? input, strict: strict !== undefined };
}

function anthropicTool({ name, description, input }: Tool): JsonObject {
  const strict = closedSchema(input);
  return { name, description, input_schema: strict ?? input, ...(strict === undefined ? {} : { strict: true }) };
}

/**
 * Tools as a vendor's API takes them in a request's `tools`.
 * Forms: openai 7.57 (chat, Responses), @anthropic-ai/sdk 1.12, @mistralai/mistralai 2.7, @google/genai 3.1.
 */
export function renderTools(tools: readonly Tool[], dialect: ToolDialect): JsonObject[] {
  switch (dialect) {
    case 'openai':
      return tools.map((tool) => ({ type: 'function', function: openAiFunction(tool) }));
    case 'openai-responses':
      return tools.map((tool) => ({ type: 'function', ...openAiFunction(tool) }));
    case 'anthropic':
      return tools.map(anthropicTool);
    case 'mistral':
      return tools.map(({ name, description, input }) => ({
        type: 'function',
        function: { name, description, parameters: input },
      }));
    case 'gemini':
      return [
        {
          functionDeclarations: tools.map(({ name, description, input }) => ({
            name,
            description,
            parameters: geminiSchema(input),
          })),
        },
      ];
  }
}
