import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';

export interface RepeatOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the work in the log. */
  readonly what: string;
  readonly everyMs: number;
}

/**
 * Does a piece of work now and then, never twice at once. What fails is logged and done again the next time.
 * @returns ends it, after the run that is under way
 */
export function repeat({ clock, logger, what, everyMs }: RepeatOptions, work: () => Promise<unknown>) {
  let running: Promise<void> | undefined;
  const run = async () => {
    try {
      await work();
    } catch (error) {
      const reason = errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
      logger.warn({ what, reason }, 'background work failed; it is tried again');
    }
  };
  const stop = clock.every(everyMs, () => {
    running ??= run().finally(() => {
      running = undefined;
    });
  });
  return async (): Promise<void> => {
    stop();
    await running;
  };
}
