import { z } from 'zod';

const role = z.enum(['owner', 'admin', 'developer', 'billing', 'viewer']);

export const ownAccount = z
  .object({
    user: z.object({ id: z.string(), email: z.string(), name: z.string(), email_verified: z.boolean() }),
    organization: z.string().describe('The organisation this answer is about'),
    is_staff: z.boolean().describe('Somebody who runs the service'),
    visiting: z.boolean().describe('Staff who look in on the organisation, for an hour'),
    allowed: z.array(z.string()).describe('What the person may do in it'),
    organizations: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        plan: z.string(),
        role,
        trial_ends_at: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'OwnAccount' });
