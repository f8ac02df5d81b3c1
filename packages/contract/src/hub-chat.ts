import { z } from 'zod';
import { hubMessage } from './hub-ask.ts';

export const publicChatRequest = z
  .object({
    message: z.string().trim().min(1).max(4000),
    history: z.array(hubMessage).max(10).optional(),
    model: z
      .string()
      .max(200)
      .optional()
      .describe('Used in mode online where it is offered here; else the one configured'),
    mode: z.enum(['online', 'demo']).default('online').describe('demo: what was found is quoted, no model writes'),
    session_id: z
      .string()
      .regex(/^[a-f0-9]{16,64}$/, 'must be 16 to 64 hexadecimal digits')
      .nullish(),
    session_token: z.string().max(1000).optional().describe('From GET ?action=token, where it is not in X-Simo-Token'),
    lang: z.enum(['de', 'en']).nullish(),
  })
  .meta({ id: 'ChatCompletionRequest' });

export const publicChatResponse = z
  .object({
    success: z.boolean(),
    content: z.string().describe('Markdown'),
    model: z.string().optional().describe('Name of the model that wrote it, or faq:*, tool:*, demo'),
    mode: z.string().optional(),
    remaining: z.int().min(0).optional().describe('Messages left this hour'),
    session_id: z.string().optional(),
    citations: z.array(z.url()).optional(),
  })
  .meta({ id: 'ChatCompletionResponse' });

export const publicChatToken = z
  .object({
    token: z.string(),
    expires: z.int().describe('Unix seconds'),
    min_age: z.int().describe('Seconds before the token may be used'),
  })
  .meta({ id: 'ChatToken' });
