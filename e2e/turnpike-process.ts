import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const adminToken = 'e2e-admin-token-0123456789abcdef0123';
const root = join(import.meta.dirname, '..');

export interface StartOptions {
  /** Becomes TURNPIKE_CONFIG; JSON is YAML. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
  readonly port?: number;
}

export interface UsageRow {
  readonly requests: number;
  readonly errors: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly cost: string;
  readonly currency: string;
  readonly [dimension: string]: string | number;
}

/** A real Turnpike process and its admin API. */
export interface Turnpike {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly child: ChildProcess;
  stderr(): string;
  stdout(): string;
  admin<Answer>(method: string, path: string, body?: object): Promise<Answer>;
  createKey(
    plan: string,
    key?: object,
  ): Promise<{ readonly tenantId: string; readonly keyId: string; readonly key: string }>;
  usage(query?: string): Promise<readonly UsageRow[]>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

const running = new Set<Launched>();
const folders: string[] = [];

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-e2e-'));
  folders.push(folder);
  return folder;
}

/** Ends what a test file has left running, with all that its processes have started. */
export async function cleanUp(): Promise<void> {
  const endings = [...running].map(({ child, exited }) => {
    // Started detached: its group is its own.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    return exited;
  });
  await Promise.all(endings);
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

interface Launched {
  readonly child: ChildProcess;
  readonly output: { out: string; err: string };
  readonly exited: Promise<number | null>;
}

export function launch(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Launched {
  const child = spawn(command, args, {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  const exited = once(child, 'close').then(([code]) => {
    running.delete(launched);
    return code as number | null;
  });
  const launched: Launched = { child, output, exited };
  running.add(launched);
  return launched;
}

/** Environment of a process; the configuration is written to a file. */
export async function environmentOf({ config, env, dataDir, port }: StartOptions): Promise<Record<string, string>> {
  const folder = await temporaryFolder();
  const file = join(folder, 'turnpike.yaml');
  await writeFile(file, JSON.stringify({ discovery: { local: false, providers: false }, ...config }));
  return {
    PORT: String(port ?? (await freePort())),
    DATA_DIR: dataDir ?? join(folder, 'data'),
    TURNPIKE_ADMIN_TOKEN: adminToken,
    TURNPIKE_CONFIG: file,
    ...env,
  };
}

async function untilReady(url: string, launched: Launched): Promise<void> {
  let exitCode: number | null | undefined;
  void launched.exited.then((code) => {
    exitCode = code;
  });
  while (exitCode === undefined) {
    const answer = await fetch(`${url}/api/status.php?simple=1`).catch(() => undefined);
    if (answer !== undefined && launched.output.err.includes('is ready at')) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error(`turnpike exited with ${String(exitCode)}: ${launched.output.err}`);
}

/** Starts a process and waits until it answers. */
export async function startTurnpike(options: StartOptions = {}): Promise<Turnpike> {
  const env = await environmentOf(options);
  const url = `http://127.0.0.1:${env['PORT'] ?? ''}`;
  const launched = launch(process.execPath, ['packages/server/src/main.ts'], env);
  await untilReady(url, launched);
  const { child, output, exited } = launched;
  const admin = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  return {
    url,
    port: Number(env['PORT']),
    dataDir: env['DATA_DIR'] ?? '',
    child,
    stderr: () => output.err,
    stdout: () => output.out,
    admin,
    createKey: async (plan, key = {}) => {
      const tenant = await admin<{ id: string }>('POST', '/admin/v1/tenants', { name: 'e2e', plan });
      const created = await admin<{ id: string; key: string }>('POST', `/admin/v1/tenants/${tenant.id}/keys`, {
        name: 'e2e',
        ...key,
      });
      return { tenantId: tenant.id, keyId: created.id, key: created.key };
    },
    usage: async (query = '') => (await admin<{ data: UsageRow[] }>('GET', `/admin/v1/usage?limit=200&${query}`)).data,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A configuration with one upstream at `url` and a model for each name. */
export function upstreamConfig(url: string, models: readonly string[], more: object = {}): object {
  const model = (name: string) => ({
    targets: [{ upstream: 'fake', model: name }],
    context_tokens: 100_000,
    max_output_tokens: 1_000,
    capabilities: ['chat', 'tools', 'json', 'vision'],
    price: { input_per_million: 1, output_per_million: 2, currency: 'EUR' },
  });
  return {
    upstreams: { fake: { kind: 'openai', base_url: url } },
    models: Object.fromEntries(models.map((name) => [`public-${name}`, model(name)])),
    // Each fault by itself: routing has tests of its own.
    routing: { attempts_per_target: 1, breaker: { failures: 100_000 } },
    plans: {
      wide: { requests_per_minute: 100_000, tokens_per_month: 1_000_000_000 },
      twenty: { requests_per_minute: 20 },
      hundred: { tokens_per_minute: 1_000 },
    },
    ...more,
  };
}
