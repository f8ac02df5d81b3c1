import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedDatabase, openServerDatabase, type Database } from '../packages/server/src/postgres/database.ts';
import { answers, freePort, startPinned, stop } from './child-processes.ts';

/**
 * How long the usage page waits for a year, by HTTP, of a busy organisation: 20 keys that call 4 models each in every hour
 * of 365 days, which are 700 800 hourly sums.
 *
 * node bench/usage-year.ts [DATABASE_URL of an empty PostgreSQL database; without it the embedded one]
 */

const repository = join(import.meta.dirname, '..');
const main = ['--max-semi-space-size=32', join(repository, 'packages/server/src/main.ts')];
const rounds = 15;
const tenant = 'ten_bench';
const groupings = ['month', 'day', 'day,model', 'model', 'key', 'surface', 'hour'] as const;

interface Server {
  readonly port: number;
  readonly adminToken: string;
  readonly close: () => Promise<void>;
}

async function start(folder: string, databaseUrl: string | undefined): Promise<Server> {
  const port = await freePort();
  const adminToken = randomBytes(32).toString('base64url');
  const logFile = join(folder, 'turnpike.log');
  const env = {
    PORT: String(port),
    DATA_DIR: join(folder, 'data'),
    TURNPIKE_ADMIN_TOKEN: adminToken,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  const child = startPinned({ core: 0, args: main, env, logFile, cwd: repository });
  await answers(child, port, logFile);
  return { port, adminToken, close: () => stop(child) };
}

/** A month at a time. */
async function fill({ pool }: Database): Promise<void> {
  await pool.query(
    `INSERT INTO tenants (id, name, plan, created_at, updated_at) VALUES ($1, 'bench', 'free', now(), now())
      ON CONFLICT DO NOTHING`,
    [tenant],
  );
  for (let month = 12; month > 0; month -= 1)
    await pool.query(
      `INSERT INTO usage_rollups
        SELECT h, $1, 'key_01J8Z3K5M7N9P1Q3R5S7T9V' || k, 'model-' || m, 'chat', 'live', 'EUR', 10, 0, 1000, 1000, 0, 0, 1000000, 1000
        FROM generate_series(date_trunc('hour', now()) - make_interval(days => $2),
          date_trunc('hour', now()) - make_interval(days => $3, hours => 1), interval '1 hour') AS h,
          generate_series(10, 29) AS k, generate_series(1, 4) AS m`,
      [tenant, Math.round((month * 365) / 12), Math.round(((month - 1) * 365) / 12)],
    );
  await pool.query('ANALYZE');
}

async function ask({ port, adminToken }: Server, groupBy: string): Promise<{ ms: number; rows: number }> {
  const from = new Date(Date.now() - 365 * 86_400_000).toISOString();
  const query = new URLSearchParams({ tenant, from, group_by: groupBy, limit: '200' });
  const begun = performance.now();
  const response = await fetch(`http://127.0.0.1:${String(port)}/admin/v1/usage?${query.toString()}`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  const body = (await response.json()) as { readonly data: readonly { readonly requests: number }[] };
  const ms = performance.now() - begun;
  if (response.status !== 200 || body.data.length === 0)
    throw new Error(`${groupBy}: status ${String(response.status)}`);
  return { ms, rows: body.data.length };
}

async function run(): Promise<void> {
  const [databaseUrl] = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-bench-'));
  try {
    // Once, so that the tables are there.
    await (await start(folder, databaseUrl)).close();
    const database =
      databaseUrl === undefined
        ? await openEmbeddedDatabase(join(folder, 'data', 'database'))
        : openServerDatabase(databaseUrl);
    await fill(database);
    await database.close();
    const server = await start(folder, databaseUrl);
    process.stdout.write(`${databaseUrl === undefined ? 'embedded database' : 'PostgreSQL'}, a year by HTTP\n`);
    for (const groupBy of groupings) {
      const taken: number[] = [];
      let rows = 0;
      for (let round = 0; round < rounds; round += 1) {
        const answer = await ask(server, groupBy);
        taken.push(answer.ms);
        rows = answer.rows;
      }
      const [first = 0] = taken;
      const sorted = taken.toSorted((a, b) => a - b);
      const median = sorted[Math.floor(rounds / 2)] ?? 0;
      const slowest = sorted.at(-1) ?? 0;
      process.stdout.write(
        `${groupBy.padEnd(10)} ${String(rows).padStart(4)} rows  median ${median.toFixed(0)} ms  first ${first.toFixed(0)} ms  slowest ${slowest.toFixed(0)} ms\n`,
      );
    }
    await server.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await run();
