import { vi } from 'vitest';

/** Asks again until there is something; good in hooks too, where `expect.poll` is not. @throws Error after ten seconds */
export async function until<Found>(look: () => Promise<Found | undefined>): Promise<Found> {
  return vi.waitFor(
    async () => {
      const found = await look();
      if (found === undefined) throw new Error(`waited in vain for ${look.toString()}`);
      return found;
    },
    { timeout: 10_000, interval: 50 },
  );
}
