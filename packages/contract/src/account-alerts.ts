import { z } from 'zod';

const thresholds = z
  .array(z.int().min(1).max(100))
  .max(10)
  .describe('Percent of a day’s or month’s tokens at which an alert is given; none: never')
  .meta({ examples: [[50, 80, 100]] });

export const alertSettings = z
  .object({
    thresholds,
    mail: z.boolean().describe('Owners and the contact of the organisation are written to'),
    webhook: z.boolean().describe('limit.reached is sent to webhooks'),
  })
  .meta({ id: 'AlertSettings' });

export const updateAlertSettingsRequest = z
  .strictObject({ thresholds: thresholds.optional(), mail: z.boolean().optional(), webhook: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, 'name at least one of thresholds, mail, webhook')
  .meta({ id: 'UpdateAlertSettingsRequest' });
