import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { loadConfig, withListeningPort } from './load.ts';

const presetsDir = join(import.meta.dirname, '../../../../presets');

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'turnpike-config-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const load = (env: Record<string, string> = {}) => loadConfig({ env, cwd, presetsDir });

async function loadYaml(yaml: string, env: Record<string, string> = {}) {
  await writeFile(join(cwd, 'my.yaml'), yaml);
  return load({ TURNPIKE_CONFIG: 'my.yaml', ...env });
}

async function messageOf(loading: Promise<unknown>): Promise<string> {
  try {
    await loading;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'nothing was wrong';
}

describe('loadConfig with nothing set', () => {
  test('serves the default preset on the default port, with secrets of its own', async () => {
    const config = await load();
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8420,
      publicUrl: 'http://127.0.0.1:8420',
      preset: 'simosphere',
      dataDir: join(cwd, 'data'),
    });
    expect(config.settings.brand.name).toBe('SIMOSphere AI');
    expect(config.masterKey).toHaveLength(32);
    expect((await readFile(join(cwd, 'data/admin-token'), 'utf8')).trim()).toBe(config.adminToken);
    expect((await stat(join(cwd, 'data/admin-token'))).mode & 0o777).toBe(0o600);
    expect(await load()).toEqual(config);
  });

  test('is frozen at every depth', async () => {
    const config = await load();
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.settings.plans['personal'])).toBe(true);
    expect(Object.isFrozen(config.settings.models['turnpike-demo']?.targets[0])).toBe(true);
  });

  test('given secrets are used and not written', async () => {
    const config = await load({ TURNPIKE_ADMIN_TOKEN: 'given', TURNPIKE_MASTER_KEY: '11'.repeat(32) });
    expect(config.adminToken).toBe('given');
    expect(config.masterKey).toEqual(Buffer.alloc(32, 0x11));
    await expect(stat(join(cwd, 'data/admin-token'))).rejects.toThrow('ENOENT');
    await expect(stat(join(cwd, 'data/master-key'))).rejects.toThrow('ENOENT');
  });

  test('a public URL that was not given follows the port the system chose', async () => {
    const config = await load({ PORT: '0', HOST: '::' });
    expect(withListeningPort(config, 5000)).toMatchObject({ port: 5000, publicUrl: 'http://[::1]:5000' });
    const given = await load({ PORT: '0', TURNPIKE_PUBLIC_URL: 'https://a.example' });
    expect(withListeningPort(given, 5000)).toMatchObject({ port: 5000, publicUrl: 'https://a.example' });
  });
});

describe('TURNPIKE_CONFIG', () => {
  test('overlays the preset, with variables filled in', async () => {
    const { settings } = await loadYaml(
      `upstreams:
  mistral: { kind: openai, base_url: https://api.mistral.ai/v1/, api_key: \${MISTRAL_API_KEY}, region: eu }
models:
  mistral-small-latest:
    targets: [{ upstream: mistral, model: mistral-small-latest }]
    context_tokens: 131072
    max_output_tokens: 8192
    capabilities: [chat, tools, json, vision]
    price: { input_per_million: 0.10, output_per_million: 0.30, currency: EUR }
plans:
  personal: { requests_per_minute: 61, trial_days: null }
  free:     { requests_per_minute: 20, tokens_per_minute: 40000, tokens_per_day: 250000 }
  enterprise: null
`,
      { MISTRAL_API_KEY: 'key-of-mistral' },
    );
    expect(settings.upstreams['mistral']).toMatchObject({
      api_key: 'key-of-mistral',
      base_url: 'https://api.mistral.ai/v1',
      connections: 256,
    });
    expect(Object.keys(settings.models)).toEqual(['turnpike-demo', 'turnpike-demo-embedding', 'mistral-small-latest']);
    expect(settings.plans['personal']).toEqual({
      title: 'Personal',
      description: 'For one person and small tools (sample price)',
      price: { amount: 9, currency: 'EUR', interval: 'month' },
      requests_per_minute: 61,
      tokens_per_month: 5_000_000,
      limits_per: 'key',
    });
    expect(Object.keys(settings.plans)).toEqual(['personal', 'freelancer', 'professional', 'business', 'free']);
  });

  test('a variable is needed only where its value is used', async () => {
    const yaml = 'upstreams: { up: { kind: openai, base_url: "http://127.0.0.1:1/v1", api_key: ${UP_KEY} } }';
    expect(await messageOf(loadYaml(yaml))).toBe(
      'upstreams.up.api_key (my.yaml): found ${UP_KEY}, but the variable UP_KEY is not set; allowed: a variable that is set and not empty',
    );
    expect((await loadYaml(yaml, { UP_KEY: 'x' })).settings.upstreams['up']?.api_key).toBe('x');
  });

  test.each([
    [
      'plans: { personal: { requests_per_minute: many } }',
      'plans.personal.requests_per_minute (my.yaml): found "many"; allowed: a whole number above 0',
    ],
    [
      'plans: { personal: { requests_per_minute: 0 } }',
      'plans.personal.requests_per_minute (my.yaml): found 0; allowed: a whole number above 0',
    ],
    [
      'plans: { personal: { limits_per: both } }',
      'plans.personal.limits_per (my.yaml): found "both"; allowed: key, tenant',
    ],
    [
      'plans: { personal: 5 }',
      /^plans\.personal \(my\.yaml\): found 5; allowed: a map with title, requests_per_minute/,
    ],
    [
      'plans: { personal: { request_per_minute: 5 } }',
      /^plans\.personal\.request_per_minute \(my\.yaml\): found an unknown key \(did you mean requests_per_minute\?\); allowed: title, /,
    ],
    [
      'plans: { personal: { tokens_per_month: 5, overage: { meter_event: "a b", stripe_price: p } } }',
      'plans.personal.overage.meter_event (my.yaml): found "a b"; allowed: a name of at most 100 letters, digits, _ . -: the event name of a meter at Stripe that sums up tokens',
    ],
    [
      'plans: { free: { overage: { meter_event: m, stripe_price: p } } }',
      'plans.free.tokens_per_month (my.yaml): found nothing; allowed: the tokens that the price of the plan includes (required with overage)',
    ],
    [
      '{ plans: { personal: { overage: { meter_event: m, stripe_price: p } } }, usage: { retention_days: 7 } }',
      'usage.retention_days (my.yaml): found 7; allowed: at least 40, because personal has an overage to be billed',
    ],
    [
      'plans: { personal: { stripe_prices: [p] }, business: { stripe_prices: [q, p] } }',
      'plans.business.stripe_prices[1] (my.yaml): found "p"; allowed: a price of its own: p gives the plan personal already',
    ],
    [
      'billing: { stripe_api_url: "http://stripe.example" }',
      'billing.stripe_api_url (my.yaml): found "http://stripe.example"; allowed: an https origin without a path; http only on this machine',
    ],
    ['plan: {}', /^plan \(my\.yaml\): found an unknown key \(did you mean plans\?\); allowed: brand, default_plan, /],
    ['plans: { "a b": {} }', /^plans\."a b" \(my\.yaml\): found the name "a b"; allowed: a name: /],
    [
      'default_plan: gold',
      'default_plan (my.yaml): found "gold"; allowed: the name of a plan: personal, freelancer, professional, business, enterprise',
    ],
    [
      'plans: { personal: null }',
      /^default_plan \(presets\/simosphere\/preset\.yaml\): found "personal"; allowed: the name of a plan: freelancer/,
    ],
    [
      'models: { gpt-4.1: { context_tokens: 5 } }',
      /^models\."gpt-4\.1"\.targets \(my\.yaml\): found nothing; allowed: a list \(1 or more\) of: .* \(and 2 more\)$/,
    ],
    [
      'models: { turnpike-demo: { targets: [{ upstream: nowhere, model: x }] } }',
      'models.turnpike-demo.targets[0].upstream (my.yaml): found "nowhere"; allowed: the name of an upstream: builtin',
    ],
    [
      'models: { turnpike-demo: { capabilities: [talk] } }',
      /^models\.turnpike-demo\.capabilities\[0\] \(my\.yaml\): found "talk"; allowed: chat, tools, /,
    ],
    [
      'models: { turnpike-demo: { capabilities: [] } }',
      /^models\.turnpike-demo\.capabilities \(my\.yaml\): found an empty list; allowed: a list \(1 or more\) of: chat/,
    ],
    [
      'upstreams: { up: { kind: openai } }',
      /^upstreams\.up\.base_url \(my\.yaml\): found nothing; allowed: an http or https URL/,
    ],
    [
      'upstreams: { up: { kind: openai, base_url: "ftp://x" } }',
      'upstreams.up.base_url (my.yaml): found "ftp://x"; allowed: an http or https URL',
    ],
    [
      'brand: { key_prefix: LIVE }',
      /^brand\.key_prefix \(my\.yaml\): found "LIVE"; allowed: one or two parts of lower-case letters/,
    ],
    [
      'brand: { test_key_prefix: sk_live_ }',
      /^brand\.test_key_prefix \(my\.yaml\): found "sk_live_"; allowed: a prefix that differs/,
    ],
    ['discovery: { local: maybe }', 'discovery.local (my.yaml): found "maybe"; allowed: true or false'],
    ['brand: { name: "${A-B}" }', /^brand\.name \(my\.yaml\): found "\$\{A-B\}"; allowed: \$\{NAME\}/],
    ['plans: { personal: [', /^my\.yaml:1:21: /],
    ['- plans', /^my\.yaml:1:1: the file must hold a map/],
  ])('%s', async (yaml, message) => {
    const found = await messageOf(loadYaml(yaml));
    if (typeof message === 'string') expect(found).toBe(message);
    else expect(found).toMatch(message);
    expect(found).not.toContain('\n');
  });

  test.each([
    'upstreams: { up: { kind: openai, base_url: "http://h/v1", api_key: [sekret] } }',
    'upstreams: { up: { kind: openai, base_url: "http://h/v1", api_key: 5317 } }',
    'upstreams: { up: { kind: openai, base_url: "ftp://user:sekret@h" } }',
    'upstreams: { up: { kind: openai, base_url: "${SECRET}" } }',
    'upstreams: { up: { kind: openai, base_url: "http://h/v1", headers: { authorization: "sekret ${NONE}" } } }',
    'upstreams: { up: { kind: openai, base_url: "http://h/v1", headers: sekret } }',
    'upstreams: { up: sekret }',
    'upstreams: { up: { kind: openai, base_url: "http://h/v1", token: sekret } }',
    'plans: { personal: { requests_per_minute: "${SECRET}" } }',
  ])('never shows a secret: %s', async (yaml) => {
    const found = await messageOf(loadYaml(yaml, { SECRET: 'sekret' }));
    expect(found).toMatch(/: found .*; allowed: /);
    expect(found).not.toMatch(/sekret|5317/);
  });

  test('a file that is not there is named as it was written', async () => {
    expect(await messageOf(load({ TURNPIKE_CONFIG: 'none.yaml' }))).toBe(
      'TURNPIKE_CONFIG: found "none.yaml" (ENOENT); allowed: the path of a yaml file this process may read',
    );
  });
});

test.each(['gold', '../simosphere', '.'])('the preset %s is refused with the list of presets', async (preset) => {
  expect(await messageOf(load({ TURNPIKE_PRESET: preset }))).toBe(
    `TURNPIKE_PRESET: found "${preset}"; allowed: simosphere, spycore`,
  );
});

describe('the data folder', () => {
  test('that cannot be made is one clear line', async () => {
    await writeFile(join(cwd, 'file'), '');
    expect(await messageOf(load({ DATA_DIR: 'file/data' }))).toBe(
      'DATA_DIR: found "file/data" (ENOTDIR); allowed: a folder this process may create and write to',
    );
    expect(await messageOf(load({ DATA_DIR: 'file' }))).toBe(
      'DATA_DIR: found "file" (EEXIST); allowed: a folder this process may create and write to',
    );
  });

  test('is not made while something else is wrong', async () => {
    expect(await messageOf(load({ TURNPIKE_PRESET: 'gold' }))).toMatch(/^TURNPIKE_PRESET/);
    await expect(stat(join(cwd, 'data'))).rejects.toThrow('ENOENT');
  });
});
