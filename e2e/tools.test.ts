import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

let outside: Server;
let outsideUrl = '';
let turnpike: Turnpike;
const asked: string[] = [];

const weather: Record<string, unknown> = {
  '/geocode': { results: [{ name: 'Aschaffenburg', country: 'Germany', latitude: 49.98, longitude: 9.15 }] },
  '/forecast': {
    timezone: 'Europe/Berlin',
    current: { time: '2026-11-24T09:00', temperature_2m: 4.5, wind_speed_10m: 12, weather_code: 61 },
    daily: {
      time: ['2026-11-24', '2026-11-25'],
      temperature_2m_min: [1, 2],
      temperature_2m_max: [6, 7],
      weather_code: [61, 3],
    },
  },
  '/orders/a%2Fb': { state: 'sent' },
};

beforeAll(async () => {
  outside = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const answer = weather[(request.url ?? '').split('?')[0] ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  }).listen(0, '127.0.0.1');
  await once(outside, 'listening');
  const address = outside.address();
  outsideUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const description = 'Tells where an order is, given its number.';
  const input = {
    type: 'object',
    properties: { id: { type: 'string' } },
    required: ['id'],
    additionalProperties: false,
  };
  turnpike = await startTurnpike({
    config: {
      tools: {
        calls_per_hour: 1_000,
        allowed_networks: ['127.0.0.1'],
        weather: { forecast_url: `${outsideUrl}/forecast`, geocoding_url: `${outsideUrl}/geocode` },
        http: {
          order_status: { description, input, url: `${outsideUrl}/orders/{id}` },
          internal_secrets: { description, url: 'http://169.254.169.254/latest/meta-data' },
          keys_only: { description, url: `${outsideUrl}/orders/a%2Fb`, scopes: ['files'] },
        },
      },
    },
  });
});
afterAll(async () => {
  await cleanUp();
  outside.close();
});

interface Called {
  readonly result: Record<string, unknown>;
  readonly content: string;
  readonly error: { readonly code: string; readonly param: string | null; readonly message: string };
}

async function call(name: string, args?: unknown, headers: Record<string, string> = {}, at = turnpike) {
  const response = await fetch(`${at.url}/api/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ name, arguments: args }),
  });
  return { status: response.status, headers: response.headers, ...((await response.json()) as Called) };
}

describe('the six tools', () => {
  test('answer', async () => {
    const answer = await call('ask_simosphere', { query: 'Which plans are there?' });
    expect(answer.result).toMatchObject({ source: 'faq:plans', citations: [expect.stringContaining(turnpike.url)] });
    expect(JSON.parse(answer.content)).toEqual(answer.result);
    expect((await call('list_models')).result).toMatchObject({ models: expect.arrayContaining([]) as unknown });
    expect((await call('get_pricing', { category: 'hardware' })).result).toMatchObject({
      hardware: [{ id: 'pi' }, {}],
    });
    expect((await call('faq_lookup', { question: 'plans' })).result).toHaveProperty('matches');
    expect((await call('get_company_info')).result).toMatchObject({ brand: 'SIMOSphere AI' });
    expect((await call('get_weather', { city: 'Aschaffenburg', days: 2 })).result).toMatchObject({
      place: 'Aschaffenburg',
      current: { temperature_celsius: 4.5, description: 'rain' },
      forecast: [{ date: '2026-11-24' }, { description: 'overcast' }],
    });
  });

  test('name the argument that is wrong', async () => {
    expect(await call('get_weather', { town: 'x' })).toMatchObject({ status: 400, error: { param: 'arguments.city' } });
    expect(await call('get_weather', '{"city":')).toMatchObject({ status: 400, error: { param: 'arguments' } });
    expect(await call('get_wether')).toMatchObject({ status: 400, error: { code: 'TOOL_UNKNOWN', param: 'name' } });
  });
});

describe('a question that a tool answers best', () => {
  const ask = async (query: string) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${turnpike.url}/api/ask.php`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as { _meta: { source: string }; answer: string };
  };

  test('is answered by it, and says so', async () => {
    const weather = await ask('Wie ist das Wetter in Aschaffenburg?');
    expect(weather).toMatchObject({
      _meta: { source: 'tool:get_weather' },
      answer: expect.stringContaining('Regen') as string,
    });
    expect(await ask('Wie lautet die Handelsregisternummer?')).toMatchObject({
      _meta: { source: 'tool:get_company_info' },
    });
  });

  test('is answered from the pages where the tool fails', async () => {
    const bare = await startTurnpike({
      config: { tools: { weather: { geocoding_url: 'http://127.0.0.1:1/geocode' } } },
    });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query: 'What is the weather in Aschaffenburg?' });
    const response = await fetch(`${bare.url}/ask`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ _meta: { source: 'demo' } });
  });
});

describe('a tool of the operator', () => {
  test('asks the server it names, with its argument escaped', async () => {
    expect(await call('order_status', { id: 'a/b' })).toMatchObject({ status: 200, result: { state: 'sent' } });
    expect(asked).toContain('GET /orders/a%2Fb');
    expect(await call('order_status', { id: 'none' })).toMatchObject({ status: 502, error: { code: 'TOOL_FAILED' } });
  });

  test('is kept out of private networks', async () => {
    expect(await call('internal_secrets')).toMatchObject({
      status: 502,
      error: { message: expect.stringContaining('not a public address') as string },
    });
  });

  test('with a scope wants a key that has it', async () => {
    expect((await call('keys_only')).status).toBe(401);
    const chat = await turnpike.createKey('personal', { scopes: ['chat'] });
    expect(await call('keys_only', {}, { authorization: `Bearer ${chat.key}` })).toMatchObject({
      status: 403,
      error: { code: 'INSUFFICIENT_SCOPE' },
    });
    const files = await turnpike.createKey('personal', { scopes: ['files'] });
    expect((await call('keys_only', {}, { authorization: `Bearer ${files.key}` })).status).toBe(200);
  });
});

describe('a call', () => {
  test('with a wrong key is refused, not taken for a public one', async () => {
    expect((await call('list_models', {}, { authorization: 'Bearer sk_live_wrong' })).status).toBe(401);
  });

  test('sent again with its Idempotency-Key is not carried out again', async () => {
    const headers = { 'idempotency-key': 'tool-call-000001' };
    const before = asked.length;
    const first = await call('get_weather', { city: 'Aschaffenburg' }, headers);
    const again = await call('get_weather', { city: 'Aschaffenburg' }, headers);
    expect(again.result).toEqual(first.result);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(asked.length - before).toBe(2);
  });

  test('counts for the address, up to the hour’s limit', async () => {
    const modest = await startTurnpike({ config: { tools: { calls_per_hour: 2 } } });
    const statuses: number[] = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await call('list_models', {}, {}, modest)).status);
    expect(statuses).toEqual([200, 200, 429]);
    const { key } = await modest.createKey('personal');
    expect((await call('list_models', {}, { authorization: `Bearer ${key}` }, modest)).status).toBe(200);
  });
});

const vendorTypes = {
  openai: `import type OpenAI from 'openai'; type Tools = OpenAI.Chat.ChatCompletionTool[];`,
  'openai-responses': `import type OpenAI from 'openai'; type Tools = OpenAI.Responses.Tool[];`,
  anthropic: `import type Anthropic from '@anthropic-ai/sdk'; type Tools = Anthropic.Tool[];`,
  mistral: `import type { Tool } from '@mistralai/mistralai/models/components'; type Tools = Tool[];`,
  gemini: `import { Type, type ToolListUnion } from '@google/genai'; type Tools = ToolListUnion;`,
} as const;

/** Gemini's types are an enum: a text is none of it, though it is what goes over the wire. */
function literalOf(dialect: string, tools: unknown): string {
  const text = JSON.stringify(tools);
  return dialect === 'gemini' ? text.replaceAll(/"type":"([A-Z]+)"/g, '"type":Type.$1') : text;
}

describe('the dialects', () => {
  test('compile against the types of the vendors’ own libraries', async () => {
    const files: string[] = [];
    try {
      for (const [dialect, types] of Object.entries(vendorTypes)) {
        const response = await fetch(`${turnpike.url}/api/tools.php?dialect=${dialect}`);
        const { tools } = (await response.json()) as { tools: unknown };
        const file = join(import.meta.dirname, `tools-of-${dialect}.generated.ts`);
        files.push(file);
        await writeFile(file, `${types}\nexport const tools: Tools = ${literalOf(dialect, tools)};\n`);
      }
      const program = ts.createProgram(files, {
        ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
        target: ts.ScriptTarget.ESNext,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
      });
      const faults = ts
        .getPreEmitDiagnostics(program)
        .map(
          ({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
        );
      expect(faults).toEqual([]);
      expect(program.getSourceFiles().some(({ fileName }) => fileName.includes('@google/genai'))).toBe(true);
    } finally {
      await Promise.all(files.map((file) => rm(file, { force: true })));
    }
  });

  test('are five; another is refused with their names', async () => {
    const response = await fetch(`${turnpike.url}/api/tools.php?dialect=cobol`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'dialect' } });
  });
});
