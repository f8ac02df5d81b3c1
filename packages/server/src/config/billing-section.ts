import { z } from 'zod';
import { duration, positiveInteger } from './schema-basics.ts';

const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .describe('a currency code of three capital letters, such as EUR');

/** What a plan costs: shown to people. What is charged is the price of the same plan at Stripe. */
export const planPriceSchema = z.strictObject({
  amount: z.number().nonnegative().describe('In units of the currency, such as 49.90'),
  currency,
  interval: z.enum(['month', 'year']).default('month'),
});

/** Going on beyond `tokens_per_month` of a plan, for money. */
export const planOverageSchema = z.strictObject({
  meter_event: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,100}$/)
    .describe('a name of at most 100 letters, digits, _ . -: the event name of a meter at Stripe that sums up tokens'),
  stripe_price: z
    .string()
    .min(1)
    .describe('Id of the metered price at Stripe that bills that meter; every checkout adds it'),
  price_per_million: z.number().nonnegative().optional().describe('What a million tokens more cost: shown to people'),
  currency: currency.default('EUR'),
  max_tokens: positiveInteger
    .optional()
    .describe('So many tokens more a month at most, counted as the plan’s limits are; absent: no bound'),
});

const localHosts = ['127.0.0.1', 'localhost', '[::1]'];

/** The secret key goes there with every call: in clear text it may not leave the machine. */
const apiUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return url.pathname === '/' && (url.protocol === 'https:' || localHosts.includes(url.hostname));
  }, 'an https origin without a path; http only on this machine')
  .overwrite((text) => text.replace(/\/+$/, ''));

export const billingSection = z
  .strictObject({
    contact: z
      .string()
      .min(3)
      .max(320)
      .optional()
      .describe('Where people ask for a plan that they cannot buy: a mail address or a URL'),
    past_due_grace_days: z
      .number()
      .nonnegative()
      .max(365)
      .default(7)
      .describe('So long a plan goes on whose payment failed; then the default plan holds'),
    automatic_tax: z
      .boolean()
      .default(false)
      .describe('Have Stripe work out taxes and ask for tax ids at checkout; set up Stripe Tax first'),
    stripe_api_url: apiUrl.default('https://api.stripe.com'),
    stripe_timeout_ms: duration.default(20_000).describe('How long a call of Stripe may take'),
  })
  .prefault({});
