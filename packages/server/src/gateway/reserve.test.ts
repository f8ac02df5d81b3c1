import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import type { Principal } from '../keys/key.ts';
import { createMemoryLimitStore } from '../limits/memory-store.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createCatalog } from './catalog.ts';
import type { Entitlement } from './entitle.ts';
import { reserve, type ReserveDependencies } from './reserve.ts';

const settings = settingsSchema.parse({
  brand: { name: 'Test', key_prefix: 'sk-', test_key_prefix: 'tk-', service_id: 'test' },
  default_plan: 'both',
  upstreams: { u: { kind: 'builtin' } },
  models: {
    m: {
      targets: [{ upstream: 'u', model: 'x' }],
      context_tokens: 10_000,
      max_output_tokens: 4_000,
      capabilities: ['chat'],
    },
  },
  plans: {
    both: { requests_per_minute: 3, tokens_per_minute: 1_000 },
    shared: { requests_per_minute: 1, limits_per: 'tenant' },
    open: {},
  },
});
const principal = (plan: string, keyId = 'key_1'): Principal => ({
  tenantId: 'ten_1',
  keyId,
  mode: 'live',
  scopes: new Set(),
  models: null,
  plan,
  suspended: false,
  pinnedVersion: undefined,
});

function setUp() {
  const clock = createManualClock();
  const catalog = createCatalog(settings);
  const model = catalog.model('m');
  if (model === undefined) throw new Error('no model');
  const limits = createMemoryLimitStore({ clock });
  const dependencies: ReserveDependencies = { clock, catalog, limits };
  const need = (promptTokens: number, outputTokens: number, atLeastOutputTokens = outputTokens): Entitlement => ({
    model,
    promptTokens,
    outputTokens,
    atLeastOutputTokens,
  });
  const outcome = async (who: Principal, what: Entitlement): Promise<number | string> => {
    try {
      return (await reserve(dependencies, who, what)).outputTokens;
    } catch (error) {
      return error instanceof AppError ? error.code : String(error);
    }
  };
  return { dependencies, limits, clock, need, outcome };
}

describe('a reservation', () => {
  test('takes a request, the prompt and the answer together', async () => {
    const { dependencies, need } = setUp();
    const reserved = await reserve(dependencies, principal('both'), need(100, 300));
    expect(reserved.outputTokens).toBe(300);
    expect(reserved.states.map((state) => [state.limit.name, state.used])).toEqual([
      ['rpm', 1],
      ['tpm', 400],
    ]);
  });

  test('grants what is left where that is enough, and refuses where it is not', async () => {
    const { need, outcome } = setUp();
    const who = principal('both');
    expect(await outcome(who, need(100, 2_000, 256))).toBe(900);
    expect(await outcome(who, need(100, 2_000, 256))).toBe('RATE_LIMIT_EXCEEDED');
  });

  test('of a refused request takes nothing from any window', async () => {
    const { dependencies, limits, clock, need, outcome } = setUp();
    const who = principal('both');
    for (let round = 0; round < 5; round += 1) expect(await outcome(who, need(2_000, 1))).toBe('RATE_LIMIT_EXCEEDED');
    const states = await limits.peek(dependencies.catalog.limitsOf(who), clock.now());
    expect(states.map((state) => state.used)).toEqual([0, 0]);
  });

  test('counts requests to the last and no further, until the window ends', async () => {
    const { clock, need, outcome } = setUp();
    const who = principal('both');
    for (let round = 0; round < 3; round += 1) expect(await outcome(who, need(1, 1))).toBe(1);
    expect(await outcome(who, need(1, 1))).toBe('RATE_LIMIT_EXCEEDED');
    expect(await outcome(principal('both', 'key_2'), need(1, 1))).toBe(1);
    clock.advance(60_000);
    expect(await outcome(who, need(1, 1))).toBe(1);
  });

  test('is of all keys of a tenant where the plan says so', async () => {
    const { need, outcome } = setUp();
    expect(await outcome(principal('shared', 'key_1'), need(1, 1))).toBe(1);
    expect(await outcome(principal('shared', 'key_2'), need(1, 1))).toBe('RATE_LIMIT_EXCEEDED');
  });

  test('without limits grants all', async () => {
    const { need, outcome } = setUp();
    expect(await outcome(principal('open'), need(5, 4_000, 256))).toBe(4_000);
  });
});
