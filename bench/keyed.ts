import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { chatBody } from './chat-payloads.ts';
import { freePort, startPinned, stop } from './child-processes.ts';
import { percentile } from './load.ts';
import { startTarget, type RunningTarget } from './targets.ts';

// What an Idempotency-Key and an old API version add to a request: one at a time, in turn, on one connection.
const rounds = 600;
const warmUp = 100;

type Headers = Readonly<Record<string, string>>;

async function measureMs(agent: Agent, target: RunningTarget, headers: Headers): Promise<number> {
  const startedAtMs = performance.now();
  const { statusCode, body } = await request(`http://127.0.0.1:${String(target.port)}/v1/chat/completions`, {
    method: 'POST',
    dispatcher: agent,
    headers: { ...target.headers, 'content-type': 'application/json', ...headers },
    body: chatBody(false),
  });
  await body.text();
  if (statusCode !== 200) throw new Error(`status ${String(statusCode)}`);
  return performance.now() - startedAtMs;
}

/** Latencies of each kind of request, measured in turn, so that noise falls on all alike. */
async function compare(target: RunningTarget): Promise<Readonly<Record<string, number[]>>> {
  const agent = new Agent({ connections: 1 });
  const kinds: Record<string, (index: number) => Headers> = {
    plain: () => ({}),
    'old API version': () => ({ 'api-version': '2026-01-15' }),
    'with a new Idempotency-Key': (index) => ({ 'idempotency-key': `bench-key-${String(index)}` }),
    'replayed by its key': () => ({ 'idempotency-key': 'bench-key-replayed' }),
  };
  const latencies: Record<string, number[]> = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
  for (let index = 0; index < warmUp + rounds; index += 1) {
    for (const [kind, headers] of Object.entries(kinds)) {
      const ms = await measureMs(agent, target, headers(index));
      if (index >= warmUp) latencies[kind]?.push(ms);
    }
  }
  await agent.close();
  return latencies;
}

async function main(): Promise<void> {
  const databaseUrl = process.env['TEST_DATABASE_URL'];
  if (databaseUrl === undefined) throw new Error('TEST_DATABASE_URL names no PostgreSQL server to measure on');
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-bench-'));
  const upstreamPort = await freePort();
  const upstream = startPinned({
    core: 1,
    args: [join(import.meta.dirname, 'fast-upstream.ts')],
    env: { PORT: String(upstreamPort) },
    logFile: join(folder, 'upstream.log'),
  });
  const target = await startTarget.turnpike({ core: 0, upstreamPort, folder, databaseUrl });
  try {
    const latencies = await compare(target);
    process.stdout.write(`| request | p50 ms | p90 ms |\n| --- | ---: | ---: |\n`);
    for (const [kind, values] of Object.entries(latencies)) {
      const sorted = values.toSorted((left, right) => left - right);
      process.stdout.write(
        `| ${kind} | ${percentile(sorted, 0.5).toFixed(2)} | ${percentile(sorted, 0.9).toFixed(2)} |\n`,
      );
    }
  } finally {
    await stop(target.child);
    await stop(upstream);
  }
}

await main();
