import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { AppError, errorCode } from '../errors.ts';
import { openEmbedded } from './embedded.ts';

export type Executor = Pick<NodePgDatabase, 'select' | 'insert' | 'update' | 'delete' | 'execute'>;

/**
 * The one way to PostgreSQL. Both kinds are spoken to through node-postgres; the embedded one has a single
 * connection, so work inside `transaction` must use the executor it is given and nothing else.
 */
export interface Database {
  readonly kind: 'embedded' | 'server';
  readonly pool: Pool;
  /** Runs statements. Rejects with AppError DATABASE_UNAVAILABLE when the database cannot be reached. */
  query<Result>(work: (executor: Executor) => PromiseLike<Result>): Promise<Result>;
  transaction<Result>(work: (executor: Executor) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const connectionTimeoutMs = 2_000;
const queryTimeoutMs = 15_000;

/** SQLSTATE classes and system errors that mean "not reachable now", as against "the statement is wrong". */
function isOutage(error: unknown): boolean {
  for (
    let current: unknown = error, depth = 0;
    current instanceof Error && depth < 4;
    current = current.cause, depth += 1
  ) {
    const code = errorCode(current) ?? '';
    if (/^(08|53|57P|25006|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENOENT)/.test(code)) return true;
    if (
      /Connection terminated|timeout exceeded when trying to connect|Query read timeout|embedded database|Cannot use a pool after|Client has encountered a connection error|not queryable/i.test(
        current.message,
      )
    )
      return true;
  }
  return false;
}

/** PostgreSQL takes no U+0000 in a text: the one value that passes as a string and is refused by every column. */
function isZeroCharacter(error: unknown): boolean {
  return error instanceof Error && errorCode(error.cause) === '22021';
}

/**
 * Work that reaches the database by other ways than `query`.
 * @throws AppError DATABASE_UNAVAILABLE, INVALID_REQUEST, and what the work throws
 */
export async function guarded<Result>(work: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (isZeroCharacter(error))
      throw new AppError(
        'INVALID_REQUEST',
        'A text of the request holds the character U+0000, which cannot be stored. Leave it out.',
        { cause: error },
      );
    if (!isOutage(error)) throw error;
    throw new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached right now. Try again shortly.', {
      retryAfterSeconds: 2,
      cause: error,
    });
  }
}

function wrap(options: { kind: Database['kind']; pool: Pool; afterClose: () => Promise<void> }): Database {
  const { kind, pool } = options;
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The pool listens to idle connections only: one that breaks inside a transaction is told by the statement that fails.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const orm = drizzle({ client: pool });
  return {
    kind,
    pool,
    query: (work) => guarded(() => work(orm)),
    transaction: (work) => guarded(() => orm.transaction((executor) => work(executor))),
    close: async () => {
      await pool.end();
      await options.afterClose();
    },
  };
}

/** Opens the embedded database in `dataDir` (undefined: in memory). One process at a time: the caller holds the lock. */
export async function openEmbeddedDatabase(dataDir: string | undefined): Promise<Database> {
  const server = await openEmbedded(dataDir);
  const pool = new Pool({
    max: 1,
    user: 'postgres',
    database: 'postgres',
    stream: () => server.openSocket(),
    idleTimeoutMillis: 0,
  });
  return wrap({ kind: 'embedded', pool, afterClose: () => server.close() });
}

/** Opens a pool to a PostgreSQL server. Does not connect yet. */
export function openServerDatabase(url: string, options: { readonly maxConnections?: number } = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: connectionTimeoutMs,
    query_timeout: queryTimeoutMs,
    statement_timeout: queryTimeoutMs,
    keepAlive: true,
    application_name: 'turnpike',
  });
  return wrap({ kind: 'server', pool, afterClose: () => Promise.resolve() });
}
