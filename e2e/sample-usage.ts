import type { Services } from '../packages/server/src/services.ts';
import { ulid } from '../packages/server/src/ids.ts';
import { costNanos, type UsageEvent, type UsageOpen } from '../packages/server/src/usage/usage-event.ts';

const hourMs = 3_600_000;
/** How busy an hour of the day is, in UTC. */
const byHour = [1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 10, 8, 11, 12, 11, 9, 7, 5, 4, 3, 2, 2, 1];
/** Requests in an hour of measure one. */
const busy = 8;
const byDay = [0.3, 0.9, 1, 1.15, 1.1, 0.95, 0.35];

interface Kind {
  readonly model: string;
  readonly surface: string;
  readonly share: number;
  readonly tokens: readonly [prompt: number, completion: number];
  readonly nanos: readonly [input: number, output: number];
  readonly tookMs: number;
}

const kinds: readonly Kind[] = [
  {
    ...{ model: 'mistral-small', surface: 'openai-chat', share: 0.5 },
    ...{ tokens: [900, 260], nanos: [100, 300], tookMs: 900 },
  },
  {
    ...{ model: 'mistral-large', surface: 'anthropic-messages', share: 0.2 },
    ...{ tokens: [2_600, 520], nanos: [2_000, 6_000], tookMs: 2_900 },
  },
  {
    ...{ model: 'mistral-large', surface: 'openai-responses', share: 0.1 },
    ...{ tokens: [1_800, 640], nanos: [2_000, 6_000], tookMs: 3_100 },
  },
  {
    ...{ model: 'mistral-embed', surface: 'openai-embeddings', share: 0.2 },
    ...{ tokens: [700, 0], nanos: [100, 0], tookMs: 120 },
  },
];

/** The same numbers every time, so that pictures taken again differ where the console does. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick<Item>(items: readonly [Item, ...Item[]], share: (item: Item) => number, random: number): Item {
  let left = random * items.reduce((sum, item) => sum + share(item), 0);
  return items.find((item) => (left -= share(item)) <= 0) ?? items[0];
}

function eventAt(startedAtMs: number, owner: { tenantId: string; keyId: string }, random: () => number): UsageEvent {
  const [first, ...others] = kinds;
  if (first === undefined) throw new Error('no kinds');
  const { model, surface, tokens, nanos, tookMs } = pick([first, ...others], ({ share }) => share, random());
  const spread = () => 0.4 + 1.4 * random();
  const [promptTokens, completionTokens] = [Math.round(tokens[0] * spread()), Math.round(tokens[1] * spread())];
  const fate = random();
  const isFailed = fate < 0.012;
  const open: UsageOpen = {
    ...{ id: ulid(startedAtMs), requestId: `req_${ulid(startedAtMs).toLowerCase()}`, ...owner, mode: 'live' },
    ...{ surface, model, target: `mistral/${model}-latest`, stream: completionTokens > 300, startedAtMs, promptTokens },
    ...{ inputNanosPerToken: nanos[0], cachedInputNanosPerToken: nanos[0], outputNanosPerToken: nanos[1] },
    currency: 'EUR',
  };
  const counts = {
    promptTokens,
    completionTokens: isFailed ? 0 : completionTokens,
    cachedTokens: 0,
    reasoningTokens: 0,
  };
  return {
    ...open,
    ...counts,
    status: isFailed ? 'failed' : fate < 0.02 ? 'cancelled' : 'completed',
    ...{ httpStatus: isFailed ? 502 : 200, errorCode: isFailed ? 'UPSTREAM_ERROR' : null, estimated: false },
    costNanos: isFailed ? 0 : costNanos(open, counts),
    ...{ durationMs: Math.round(tookMs * spread()), firstByteMs: Math.round(tookMs * 0.2 * spread()) },
  };
}

/** Some weeks of an organisation's usage, through the meter that real requests go through. */
export async function meterSampleUsage(
  { gateway: { meter }, flushUsage, clock }: Services,
  options: { readonly tenantId: string; readonly keyIds: readonly [string, ...string[]]; readonly days: number },
): Promise<void> {
  const random = createRandom(7);
  const { tenantId, keyIds, days } = options;
  const nowMs = clock.now();
  for (let hour = days * 24; hour >= 0; hour -= 1) {
    const fromMs = Math.floor(nowMs / hourMs) * hourMs - hour * hourMs;
    const date = new Date(fromMs);
    const growth = 1.3 - hour / (days * 24);
    const count =
      (byHour[date.getUTCHours()] ?? 1) * (byDay[date.getUTCDay()] ?? 1) * growth * busy * (0.7 + 0.6 * random());
    for (let index = 0; index < Math.round(count); index += 1) {
      const startedAtMs = fromMs + Math.floor(random() * hourMs);
      const keyId = pick(keyIds, (id) => 1 / (1 + keyIds.indexOf(id)), random());
      if (startedAtMs > nowMs - 60_000) continue;
      const event = eventAt(startedAtMs, { tenantId, keyId }, random);
      meter.open(event);
      meter.close(event);
    }
  }
  await flushUsage();
}
