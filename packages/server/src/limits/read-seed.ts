import { AppError } from '../errors.ts';
import type { Limit, WindowSeed } from './limit.ts';

/**
 * What the ledger says a window holds already.
 * @throws AppError DATABASE_UNAVAILABLE whatever kept it from being read: without it the limit cannot be judged
 */
export async function readSeed(seed: WindowSeed, limit: Limit, windowStartMs: number): Promise<number> {
  try {
    return await seed(limit, windowStartMs);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      'DATABASE_UNAVAILABLE',
      'What the limits of this key hold already cannot be read right now. Try again shortly.',
      { retryAfterSeconds: 2, cause: error },
    );
  }
}
