import type { Catalogues } from '../../catalogues/catalogues.ts';
import type { ModelConfig, PlanConfig } from '../../config/schema.ts';

/** Of what is sold, as the configuration and the preset's catalogues have it. */
export interface Offers {
  readonly plans: Readonly<Record<string, PlanConfig>>;
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly catalogues: Catalogues;
}

const integers = new Intl.NumberFormat('en-US');

function amount(value: number | undefined): string {
  return value === undefined ? '–' : integers.format(value);
}

function money(price: number, currency: string): string {
  return `${price.toLocaleString('en-US', { maximumFractionDigits: 4 })} ${currency}`;
}

type Limit = 'requests_per_minute' | 'tokens_per_minute' | 'tokens_per_day' | 'tokens_per_month';

const limits: readonly (readonly [Limit, string])[] = [
  ['requests_per_minute', 'Requests a minute'],
  ['tokens_per_minute', 'Tokens a minute'],
  ['tokens_per_day', 'Tokens a day'],
  ['tokens_per_month', 'Tokens a month'],
];

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function offered(plans: Offers['plans']): readonly (readonly [string, PlanConfig])[] {
  return Object.entries(plans).filter(([, plan]) => plan.public !== false);
}

function planPrice({ price }: PlanConfig): string {
  return price === undefined ? 'on request' : `${money(price.amount, price.currency)} a ${price.interval}`;
}

/** The plans with those limits that any of them has, and what they cost where that is said of any. */
export function plansTable({ plans }: Pick<Offers, 'plans'>): string {
  const entries = offered(plans);
  const hasPrice = entries.some(([, plan]) => plan.price !== undefined);
  const shown = limits.filter(([name]) => entries.some(([, plan]) => plan[name] !== undefined));
  const hasTrial = entries.some(([, plan]) => plan.trial_days !== undefined);
  const head = [
    ...['Plan', ...shown.map(([, title]) => title)],
    ...[...(hasTrial ? ['Free trial'] : []), ...(hasPrice ? ['Price'] : [])],
  ];
  const rows = entries.map(([id, plan]) => {
    const trial = plan.trial_days === undefined ? '–' : `${plan.trial_days} days`;
    const last = [...(hasTrial ? [trial] : []), ...(hasPrice ? [planPrice(plan)] : [])];
    const title = plan.title ?? id;
    const name = plan.description === undefined ? title : `**${title}**: ${plan.description}`;
    return row([name, ...shown.map(([name]) => amount(plan[name])), ...last]);
  });
  return [row(head), row(['---', ...head.slice(1).map(() => '---:')]), ...rows].join('\n');
}

function modelsTable({ models }: Offers): string {
  const rows = Object.entries(models).map(([id, { price, context_tokens: context }]) =>
    row([
      `\`${id}\``,
      integers.format(context),
      price === undefined ? '–' : money(price.input_per_million, price.currency),
      price === undefined ? '–' : money(price.output_per_million, price.currency),
    ]),
  );
  return [
    row(['Model', 'Context in tokens', 'Input, a million tokens', 'Output, a million tokens']),
    '| --- | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

const priceModes = { fixed: '', monthly: ' a month', 'per-day': ' a day' } as const;

function catalogueSections({ catalogues: { consulting, training, hardware } }: Offers): string[] {
  const section = (title: string, rows: readonly string[]) =>
    rows.length === 0 ? [] : [`## ${title}`, ['| Offer | What | Price |', '| --- | --- | ---: |', ...rows].join('\n')];
  return [
    ...section(
      'Consulting',
      consulting.map((entry) =>
        row([
          entry.name,
          [entry.duration, entry.summary].filter((part) => part !== undefined).join('. '),
          `${money(entry.price, entry.currency)}${priceModes[entry.priceMode ?? 'fixed']}`,
        ]),
      ),
    ),
    ...section(
      'Training',
      training.map((entry) =>
        row([
          entry.name,
          `${entry.duration}, ${entry.format}`,
          `${money(entry.price, entry.currency)}${entry.perPerson === true ? ' a person' : ''}`,
        ]),
      ),
    ),
    ...section(
      'Hardware',
      hardware.map((entry) =>
        row([entry.name, entry.specs.defaultLlm ?? 'As ordered', money(entry.price, entry.currency)]),
      ),
    ),
  ];
}

/** What everything costs, as Markdown. */
export function pricingMarkdown(brandName: string, offers: Offers): string {
  const trials = [...new Set(Object.values(offers.plans).map((plan) => plan.trial_days))];
  const [days] = trials;
  const trial =
    trials.length === 1 && days !== undefined ? ` Every plan begins with a free trial of ${days} days.` : '';
  const others = catalogueSections(offers);
  const beside = others.length === 0 ? '' : ' What is sold beside the API has a price of its own.';
  const sections = [
    '# Pricing',
    `Plans of ${brandName} say how much an API key may use in a window of time, and models what a million tokens cost.${beside}${trial}`,
    '## Plans',
    plansTable(offers),
    'Limits are counted for each key unless the plan says otherwise, in fixed UTC windows. A request that is refused uses up nothing. How they are counted: [limits and plans](/developers/limits).',
    '## Models',
    modelsTable(offers),
    'A model without a price costs nothing. Tokens of the prompt and of the answer are counted as the model server reports them: [usage and billing](/developers/usage-and-billing).',
    ...others,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Products and services for JSON-LD. */
export function offersGraph(brandName: string, publicUrl: string, { plans, catalogues }: Offers): readonly object[] {
  const provider = { '@id': `${publicUrl}/#organization` };
  const url = `${publicUrl}/pricing`;
  const sold = [...catalogues.consulting, ...catalogues.training].map((entry) => ({
    '@type': 'Offer',
    name: entry.name,
    price: entry.price,
    priceCurrency: entry.currency,
    url: entry.bookingUrl,
    itemOffered: { '@type': 'Service', name: entry.name, provider },
  }));
  const boxes = catalogues.hardware.map((entry) => ({
    '@type': 'Product',
    name: entry.name,
    brand: { '@type': 'Brand', name: brandName },
    offers: { '@type': 'Offer', price: entry.price, priceCurrency: entry.currency, url, seller: provider },
  }));
  const access = offered(plans).map(([id, plan]) => ({
    '@type': 'Offer',
    name: plan.title ?? id,
    ...(plan.price === undefined ? {} : { price: plan.price.amount, priceCurrency: plan.price.currency }),
    url: `${url}#plans`,
    itemOffered: { '@type': 'Service', name: `${brandName} API, ${plan.title ?? id}`, provider },
  }));
  return [
    {
      '@type': 'Service',
      '@id': `${url}#service`,
      name: `${brandName} API`,
      serviceType: 'AI model API',
      url,
      provider,
      hasOfferCatalog: { '@type': 'OfferCatalog', name: 'Plans and offers', itemListElement: [...access, ...sold] },
    },
    ...boxes,
  ];
}
