import { z } from 'zod';

/** OpenAI's POST /moderations. Further fields pass through to the model. */
export const moderationRequest = z
  .looseObject({
    model: z.string().min(1).optional().describe('Default: the first model that can moderate'),
    input: z.union([
      z.string(),
      z.array(z.string()).min(1),
      z.array(z.looseObject({ type: z.enum(['text', 'image_url']) })).min(1),
    ]),
  })
  .meta({ id: 'ModerationRequest' });

export type ModerationRequest = z.output<typeof moderationRequest>;

export const moderationResponse = z
  .looseObject({
    id: z.string(),
    model: z.string(),
    results: z.array(z.looseObject({ flagged: z.boolean() })),
  })
  .meta({ id: 'ModerationResponse' });
