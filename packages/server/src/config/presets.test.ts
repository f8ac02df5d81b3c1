import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

const presetsDir = join(import.meta.dirname, '../../../../presets');
const read = (preset: string) => readSettings({ env: {}, cwd: '/', presetsDir, preset, configFile: undefined });

test.each(readdirSync(presetsDir))(
  '%s needs neither variables nor network: every target is built in',
  async (preset) => {
    const settings = await read(preset);
    expect(settings.models).toHaveProperty('turnpike-demo');
    for (const model of Object.values(settings.models)) {
      for (const target of model.targets) expect(settings.upstreams[target.upstream]?.kind).toBe('builtin');
    }
  },
);

test('simosphere has five plans in requests a minute and tokens a month, counted for each key, with a trial of 14 days', async () => {
  const { brand, plans, default_plan: defaultPlan } = await read('simosphere');
  expect(brand).toMatchObject({ name: 'SIMOSphere AI', key_prefix: 'sk_live_', test_key_prefix: 'sk_test_' });
  expect(defaultPlan).toBe('personal');
  const rows = Object.entries(plans).map(([name, plan]) => [
    name,
    plan.requests_per_minute,
    plan.tokens_per_month,
    plan.trial_days,
    plan.limits_per,
  ]);
  expect(rows).toEqual([
    ['personal', 60, 5_000_000, 14, 'key'],
    ['freelancer', 120, 20_000_000, 14, 'key'],
    ['professional', 300, 100_000_000, 14, 'key'],
    ['business', 600, 500_000_000, 14, 'key'],
    ['enterprise', 1200, 2_000_000_000, 14, 'key'],
  ]);
  expect(
    Object.values(plans).every((plan) => plan.tokens_per_minute === undefined && plan.tokens_per_day === undefined),
  ).toBe(true);
});

test('spycore has five models and three tiers', async () => {
  const { brand, models, plans, default_plan: defaultPlan } = await read('spycore');
  expect(brand).toMatchObject({ name: 'SpyCore', key_prefix: 'sk-', test_key_prefix: 'sk-test-' });
  expect(defaultPlan).toBe('free');
  const contexts = Object.fromEntries(Object.entries(models).map(([name, model]) => [name, model.context_tokens]));
  expect(contexts).toEqual({
    hermes: 32_768,
    minos: 131_072,
    pluto: 65_536,
    styx: 1_048_576,
    charon: 131_072,
    'turnpike-demo': 8_192,
    'turnpike-demo-embedding': 8_192,
  });
  const seeing = Object.entries(models)
    .filter(([, model]) => model.capabilities.includes('vision'))
    .map(([name]) => name);
  expect(seeing).toEqual(['charon']);
  const rows = Object.entries(plans).map(([name, plan]) => [
    name,
    plan.requests_per_minute,
    plan.tokens_per_minute,
    plan.tokens_per_day,
    plan.tokens_per_month,
  ]);
  expect(rows).toEqual([
    ['free', 20, 40_000, 250_000, undefined],
    ['pro', 500, 500_000, 10_000_000, undefined],
    ['team', 2000, 2_000_000, undefined, undefined],
  ]);
});
