import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';

export interface RedisGuard {
  /** Runs a command with a bounded wait. Rejects at once while Redis is known to be gone. */
  run<Result>(command: () => Promise<Result>): Promise<Result>;
  readonly isUp: boolean;
  close(): void;
}

interface Options {
  readonly redis: Redis;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs: number;
  readonly onBack: () => void;
}

const probeEveryMs = 1_000;

function within<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/** An error reply of Redis itself (a wrong script, a full memory) is no outage of the connection, but as final for the request. */
export function createRedisGuard({ redis, clock, logger, timeoutMs, onBack }: Options): RedisGuard {
  let up = true;
  let probing = false;
  // Failures are met where commands are run; without a listener they would be printed.
  redis.on('error', () => undefined);
  const down = (error: unknown) => {
    if (up) logger.error({ reason: errorMessage(error) }, 'Redis cannot be reached');
    up = false;
  };
  const probe = async () => {
    if (up || probing) return;
    probing = true;
    try {
      await within(redis.ping(), timeoutMs);
      up = true;
      logger.info({}, 'Redis is back');
      onBack();
    } catch {
      // Still gone.
    } finally {
      probing = false;
    }
  };
  const stop = clock.every(probeEveryMs, () => void probe());
  // The first connection is made while the server starts: requests wait for it instead of failing.
  const firstConnection =
    redis.status === 'ready'
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          redis.once('ready', () => {
            resolve();
          });
        });
  return {
    run: async (command) => {
      if (!up) throw new Error('Redis cannot be reached');
      try {
        if (redis.status !== 'ready') await within(firstConnection, timeoutMs);
        return await within(command(), timeoutMs);
      } catch (error) {
        down(error);
        throw error;
      }
    },
    get isUp() {
      return up;
    },
    close: stop,
  };
}
