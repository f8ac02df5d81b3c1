import { z } from 'zod';

export const toolDialect = z
  .enum(['openai', 'anthropic', 'mistral', 'gemini', 'openai-responses'])
  .describe('Whose way of writing functions down');

/** Tools as a vendor's API takes them. */
export const toolList = z
  .object({
    object: z.literal('list'),
    dialect: toolDialect,
    tools: z.array(z.looseObject({})).describe('To be put into the `tools` of a request of that vendor'),
    count: z.int().nonnegative(),
    call_url: z.url().describe('Where a call that a model asks for is carried out'),
  })
  .meta({ id: 'ToolList' });

export const toolCall = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(64)
      .meta({ examples: ['get_pricing'] }),
    arguments: z
      .union([z.looseObject({}), z.string().max(100_000)])
      .nullish()
      .describe('An object, or its JSON as some vendors’ models give it'),
  })
  .meta({ id: 'ToolCall', examples: [{ name: 'get_pricing', arguments: { category: 'plans' } }] });

export const toolResult = z
  .object({
    name: z.string(),
    result: z.looseObject({}),
    content: z.string().describe('The result as text, to be given back to a model'),
  })
  .meta({ id: 'ToolResult' });
