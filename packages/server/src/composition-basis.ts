import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './logger.ts';
import type { Database } from './postgres/database.ts';

/** Things to close, last made first. A failure to close one does not keep the others open. */
export class Closers {
  readonly #closers: (() => unknown)[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#logger.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'something did not close',
        );
      }
    }
  }
}

/** What every part of the composition is given. */
export interface Basis {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly closers: Closers;
}
