import { z } from 'zod';
import { pageQuery } from './pagination.ts';

export const purchase = z
  .object({
    id: z.string().meta({ examples: ['cs_live_a1'] }),
    kind: z.enum(['checkout', 'invoice', 'refund']),
    status: z.string(),
    tenant_id: z.string().nullable().describe('null: not of a tenant known here'),
    customer_id: z.string().nullable(),
    amount: z.int().describe('In the smallest unit of the currency'),
    currency: z.string(),
    description: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'Purchase' });

export const purchasesQuery = z.strictObject({ tenant: z.string().optional().describe('Tenant id'), ...pageQuery });

export const webhookReceipt = z
  .object({ received: z.literal(true), duplicate: z.boolean() })
  .meta({ id: 'WebhookReceipt' });
