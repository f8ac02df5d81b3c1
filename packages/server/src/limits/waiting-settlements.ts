import type { Reservation } from './limit.ts';

export interface Settlement {
  readonly reservation: Reservation;
  /** Tokens really used. */
  readonly actual: number;
  /** The answer to the take never came: whether it holds anything is not known, and it may still arrive. */
  readonly abandoned: boolean;
}

export interface WaitingSettlements {
  /** Keeps one for later; beyond the bound it is forgotten, and what it held is free when its window ends. */
  add(settlement: Settlement): void;
  /** Settles all in their order, until one fails; that one is tried a bounded number of times in all. */
  settleAll(settle: (settlement: Settlement) => Promise<void>): Promise<void>;
}

interface Entry {
  readonly settlement: Settlement;
  readonly triesLeft: number;
}

/** What could not be settled while Redis was gone. */
export function createWaitingSettlements(bounds = { size: 10_000, tries: 5 }): WaitingSettlements {
  let waiting: Entry[] = [];
  return {
    add: (settlement) => {
      if (waiting.length < bounds.size) waiting.push({ settlement, triesLeft: bounds.tries });
    },
    settleAll: async (settle) => {
      const entries = waiting;
      waiting = [];
      for (const [index, { settlement, triesLeft }] of entries.entries()) {
        try {
          await settle(settlement);
        } catch {
          const rest = entries.slice(index + 1);
          if (triesLeft > 1) rest.push({ settlement, triesLeft: triesLeft - 1 });
          waiting = [...rest, ...waiting].slice(0, bounds.size);
          return;
        }
      }
    },
  };
}
