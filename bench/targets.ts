import { randomBytes } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { benchModel, embeddingModel } from './chat-payloads.ts';
import { answers, freePort, startPinned, stop } from './child-processes.ts';
import type { WorkloadName } from './workloads.ts';

export const targetNames = ['bare', 'turnpike', 'portkey'] as const;
export type TargetName = (typeof targetNames)[number];

export const targetTitles: Readonly<Record<TargetName, string>> = {
  bare: 'bare Node proxy',
  turnpike: 'Turnpike',
  portkey: 'Portkey gateway',
};

export interface StartOptions {
  readonly core: number;
  readonly upstreamPort: number;
  /** A fresh folder of this run, for data and logs. */
  readonly folder: string;
  /** Further arguments of node. */
  readonly nodeArgs?: readonly string[];
  /** PostgreSQL server for Turnpike; absent: its embedded database. */
  readonly databaseUrl?: string | undefined;
}

export interface RunningTarget {
  readonly child: ChildProcess;
  readonly port: number;
  /** What a request must carry. */
  readonly headers: Readonly<Record<string, string>>;
  /** What it serves beside chat. */
  readonly surfaces: readonly WorkloadName[];
}

const repository = join(import.meta.dirname, '..');

async function startBare({ core, upstreamPort, folder, nodeArgs = [] }: StartOptions): Promise<RunningTarget> {
  const port = await freePort();
  const logFile = join(folder, 'bare.log');
  const env = { PORT: String(port), UPSTREAM_ORIGIN: `http://127.0.0.1:${String(upstreamPort)}` };
  const child = startPinned({ core, args: [...nodeArgs, join(import.meta.dirname, 'bare-proxy.ts')], env, logFile });
  await orStop(child, () => answers(child, port, logFile));
  return { child, port, headers: {}, surfaces: ['embeddings'] };
}

/** Everything on: a key, four windows that are counted but never full, metering with a price, and the log. */
function turnpikeSettings(upstreamPort: number): unknown {
  const price = { input_per_million: 0.5, output_per_million: 1.5, currency: 'EUR' };
  return {
    upstreams: { fast: { kind: 'openai', base_url: `http://127.0.0.1:${String(upstreamPort)}/v1` } },
    models: {
      [benchModel]: {
        targets: [{ upstream: 'fast', model: 'upstream-model' }],
        context_tokens: 131_072,
        max_output_tokens: 1_024,
        capabilities: ['chat', 'tools', 'json'],
        price,
      },
      [embeddingModel]: {
        targets: [{ upstream: 'fast', model: 'upstream-embedding' }],
        context_tokens: 8_192,
        max_output_tokens: 1,
        capabilities: ['embeddings'],
        price,
      },
    },
    plans: {
      bench: {
        requests_per_minute: 1_000_000_000,
        tokens_per_minute: 1_000_000_000_000,
        tokens_per_day: 1_000_000_000_000,
        tokens_per_month: 1_000_000_000_000,
      },
    },
    discovery: { local: false, providers: false },
  };
}

/** What a start still has to do; if that fails, the process must not go on beside the next target. */
async function orStop<Result>(child: ChildProcess, rest: () => Promise<Result>): Promise<Result> {
  try {
    return await rest();
  } catch (error) {
    await stop(child);
    throw error;
  }
}

const created = z.object({ id: z.string() });
const createdKey = z.object({ key: z.string() });

async function startTurnpike(options: StartOptions): Promise<RunningTarget> {
  const { core, upstreamPort, folder, nodeArgs = [], databaseUrl } = options;
  const port = await freePort();
  const logFile = join(folder, 'turnpike.log');
  const configFile = join(folder, 'turnpike.yaml');
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(turnpikeSettings(upstreamPort)));
  const adminToken = randomBytes(32).toString('base64url');
  const env = {
    PORT: String(port),
    DATA_DIR: join(folder, 'data'),
    TURNPIKE_ADMIN_TOKEN: adminToken,
    TURNPIKE_CONFIG: configFile,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  // As npm start runs it.
  const args = [
    '--max-semi-space-size=32',
    '--min-semi-space-size=32',
    ...nodeArgs,
    join(repository, 'packages/server/src/main.ts'),
  ];
  const child = startPinned({ core, args, env, logFile, cwd: repository });
  const key = await orStop(child, async () => {
    await answers(child, port, logFile);
    return createKey(port, adminToken);
  });
  return {
    ...{ child, port },
    headers: { authorization: `Bearer ${key}` },
    surfaces: ['embeddings', 'messages', 'messages-stream'],
  };
}

/** A tenant of the plan `bench` and its key, over the admin API. @throws Error with the answer that was no 201 */
async function createKey(port: number, adminToken: string): Promise<string> {
  const create = async (path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`POST ${path}: status ${String(response.status)}: ${text}`);
    return JSON.parse(text);
  };
  const tenant = created.parse(await create('/admin/v1/tenants', { name: 'bench', plan: 'bench' }));
  return createdKey.parse(await create(`/admin/v1/tenants/${tenant.id}/keys`, { name: 'bench' })).key;
}

async function startPortkey({ core, upstreamPort, folder, nodeArgs = [] }: StartOptions): Promise<RunningTarget> {
  const script = join(repository, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (!existsSync(script)) throw new Error('@portkey-ai/gateway is not installed (npm ci)');
  const port = await freePort();
  const logFile = join(folder, 'portkey.log');
  const preload = `--import=${join(import.meta.dirname, 'portkey-preload.ts')}`;
  const args = [...nodeArgs, preload, script, `--port=${String(port)}`, '--headless'];
  const child = startPinned({ core, args, env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1' }, logFile });
  await orStop(child, () => answers(child, port, logFile));
  const headers = {
    authorization: 'Bearer unused',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${String(upstreamPort)}/v1`,
  };
  return { child, port, headers, surfaces: [] };
}

/** Starts a server under test. @throws Error saying why it did not start */
export const startTarget: Readonly<Record<TargetName, (options: StartOptions) => Promise<RunningTarget>>> = {
  bare: startBare,
  turnpike: startTurnpike,
  portkey: startPortkey,
};

/** The model server all of them ask. */
export async function startUpstream(core: number, folder: string, chunkIntervalMs: number): Promise<number> {
  const port = await freePort();
  const logFile = join(folder, 'upstream.log');
  const env = { PORT: String(port), CHUNK_INTERVAL_MS: String(chunkIntervalMs) };
  const child = startPinned({ core, args: [join(import.meta.dirname, 'fast-upstream.ts')], env, logFile });
  await answers(child, port, logFile);
  return port;
}
