import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';

export interface RedisGuard {
  /** Runs a command with a bounded wait. Rejects at once, without running it, while Redis is known to be gone. */
  run<Result>(command: () => Promise<Result>): Promise<Result>;
  readonly isUp: boolean;
  close(): void;
}

interface Options {
  readonly redis: Redis;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs: number;
  /** Must need what the commands need: a read-only or a full Redis answers a PING. */
  readonly probe: () => Promise<unknown>;
  readonly onBack: () => void;
}

const probeEveryMs = 1_000;
/**
 * After so many probes that failed on an open connection a new one is made: the other end of a connection may be gone
 * without having closed it, and TCP would take a quarter of an hour to notice.
 */
const probesPerConnection = 3;

/** Rejects when `work` takes longer than `timeoutMs`; the work itself goes on. */
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

/** Any failure, an error reply too, takes Redis out of use until a probe succeeds: requests behind it do not wait. */
class ProbedRedis implements RedisGuard {
  readonly #options: Options;
  readonly #firstConnection: Promise<void>;
  readonly #stop: () => void;
  #up = true;
  #probing = false;
  #failedProbes = 0;

  constructor(options: Options) {
    const { redis, clock } = options;
    this.#options = options;
    // Failures are met where commands are run; without a listener they would be printed.
    redis.on('error', () => undefined);
    // The first connection is made while the server starts: requests wait for it instead of failing.
    this.#firstConnection =
      redis.status === 'ready'
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            redis.once('ready', () => {
              resolve();
            });
          });
    this.#stop = clock.every(probeEveryMs, () => void this.#tryAgain());
  }

  get isUp(): boolean {
    return this.#up;
  }

  async run<Result>(command: () => Promise<Result>): Promise<Result> {
    if (!this.#up) throw new Error('Redis cannot be reached');
    const { redis, timeoutMs } = this.#options;
    try {
      if (redis.status !== 'ready') await within(this.#firstConnection, timeoutMs);
      return await within(command(), timeoutMs);
    } catch (error) {
      this.#down(error);
      throw error;
    }
  }

  close(): void {
    this.#stop();
  }

  #down(error: unknown): void {
    if (this.#up) this.#options.logger.error({ reason: errorMessage(error) }, 'Redis cannot be reached');
    this.#up = false;
  }

  async #tryAgain(): Promise<void> {
    if (this.#up || this.#probing) return;
    this.#probing = true;
    try {
      await within(this.#options.probe(), this.#options.timeoutMs);
      this.#up = true;
      this.#failedProbes = 0;
      this.#options.logger.info({}, 'Redis is back');
      this.#options.onBack();
    } catch {
      this.#renewConnection();
    } finally {
      this.#probing = false;
    }
  }

  #renewConnection(): void {
    const { redis } = this.#options;
    if (redis.status !== 'ready' && redis.status !== 'connect') return;
    this.#failedProbes += 1;
    if (this.#failedProbes % probesPerConnection === 0) redis.disconnect(true);
  }
}

export function createRedisGuard(options: Options): RedisGuard {
  return new ProbedRedis(options);
}
